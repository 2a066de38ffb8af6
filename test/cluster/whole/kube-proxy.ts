import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../child-process.ts';
import { addresses } from './node-network.ts';
import type { NodeOptions } from './own-node.ts';

/** Starts a node's kube-proxy: Services have their addresses within a second. */
export function startKubeProxy(node: NodeOptions): Child {
  const { folder, name, namespaces, programs, machine } = node;
  const configFile = join(folder, 'kube-proxy.json');
  writeFileSync(configFile, JSON.stringify(configuration(node), undefined, 2));
  return startChild({
    name: `kube-proxy of ${name}`,
    command: namespaces.insideNode(programs.kubeProxy),
    args: [`--config=${configFile}`],
    env: { PATH: machine.path },
    logFile: join(folder, 'kube-proxy.log'),
  });
}

function configuration({ name, address, kubeconfig }: NodeOptions): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: kubeconfig.kubeProxy },
    hostnameOverride: name,
    bindAddress: address,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    clusterCIDR: addresses.allPods,
    // The tables of connections belong to the machine, not to a network of it.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
