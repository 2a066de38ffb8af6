import { join } from 'node:path';
import { type Child, startChild } from '../child-process.ts';
import type { ControlPlane } from '../control-plane.ts';
import { waitForReady } from '../wait-for-ready.ts';
import { addresses } from './node-network.ts';
import type { Namespaces } from './namespaces.ts';
import { WholeClusterError } from './whole-cluster-error.ts';

const readyTimeoutMilliseconds = 60_000;
const name = 'kube-dns';
const namespace = 'kube-system';
const labels = { 'kubernetes.io/service-name': name };

/** What makes the first node's port 53 the cluster's DNS: a Service without a selector, and where it leads. */
const objects = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { clusterIP: addresses.dns, ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels },
    addressType: 'IPv4',
    ports: [{ name: 'dns', port: 53, protocol: 'UDP' }],
    endpoints: [{ addresses: [addresses.node(1)] }],
  },
];

/** Starts the DNS of a cluster, which knows Services and nothing else. */
export async function startClusterDns(
  first: Namespaces,
  controlPlane: ControlPlane,
  folder: string,
): Promise<Child> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  const { exitCode, stderr } = await controlPlane.kubectl(['create', '-f', '-'], {
    input: JSON.stringify(list),
  });
  if (exitCode !== 0) throw new WholeClusterError('the Service of the DNS cannot be made', stderr);
  const child = startChild({
    name: 'cluster DNS',
    command: first.inside([process.execPath, join(import.meta.dirname, 'cluster-dns-process.ts')]),
    args: [controlPlane.kubeconfig(), addresses.node(1)],
    logFile: join(folder, 'cluster-dns.log'),
  });
  const isReady = async () => child.lastLogLines().includes('ready');
  try {
    await waitForReady(child, isReady, readyTimeoutMilliseconds);
    return child;
  } catch (error) {
    await child.kill();
    throw error;
  }
}
