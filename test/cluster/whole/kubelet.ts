import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../child-process.ts';
import { containerdSocket } from './containerd.ts';
import type { NodeOptions } from './own-node.ts';

/** Starts the kubelet of a node; that it is Ready, its Node says. */
export function startKubelet(node: NodeOptions): Child {
  const { folder, name, address, namespaces, programs, machine } = node;
  const configFile = join(folder, 'kubelet.json');
  writeFileSync(configFile, JSON.stringify(configuration(node), undefined, 2));
  return startChild({
    name: `kubelet of ${name}`,
    command: namespaces.insideNode(programs.kubelet),
    args: [
      `--config=${configFile}`,
      `--kubeconfig=${node.kubeconfig.kubelet}`,
      `--hostname-override=${name}`,
      `--node-ip=${address}`,
      `--root-dir=${join(folder, 'kubelet')}`,
      `--cert-dir=${join(folder, 'kubelet-certificates')}`,
    ],
    env: { PATH: machine.path },
    logFile: join(folder, 'kubelet.log'),
  });
}

function configuration({ folder, address, cgroup, authorityFile, dnsAddress }: NodeOptions): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authorityFile },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    failCgroupV1: false, // a machine with version 1 will do
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    clusterDomain: 'cluster.local',
    clusterDNS: [dnsAddress],
    resolvConf: '', // the machine's names are none of a pod's
    volumePluginDir: join(folder, 'volume-plugins'),
    // A disk that is nearly full is not this cluster's doing.
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    imageMinimumGCAge: '24h',
    // Tests wait for what these two decide.
    nodeStatusUpdateFrequency: '5s',
    syncFrequency: '10s',
  };
}
