import { networkInterfaces } from 'node:os';
import type { ControlPlane } from '../cluster/control-plane.ts';

/**
 * Lets the API server find processes of this machine behind a Service, as if they were its pods. Resolving Services by
 * their endpoints is what an API server does that is no member of the pod network (`--enable-aggregator-routing`).
 */
export const endpointFlags: readonly string[] = ['--enable-aggregator-routing=true'];

/** Ports of one process. */
export interface ServingPorts {
  readonly name: string;
  readonly port: number;
}

/** Makes these processes, and no others, the endpoints of the Service. */
export async function serveFrom(
  controlPlane: ControlPlane,
  service: { readonly name: string; readonly namespace: string },
  processes: readonly ServingPorts[],
): Promise<void> {
  const address = machineAddress();
  const labels = { 'kubernetes.io/service-name': service.name };
  const metadata = (name: string) => ({ name, namespace: service.namespace, labels });
  const ports = (port: number) => [{ name: 'admission', port, protocol: 'TCP' }];
  const slices = processes.map(({ name, port }) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(name),
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: ports(port),
  }));
  // API servers before 1.33 read these.
  const endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: service.name, namespace: service.namespace },
    subsets: processes.map(({ port }) => ({ addresses: [{ ip: address }], ports: ports(port) })),
  };
  const selector = `kubernetes.io/service-name=${service.name}`;
  const namespace = `--namespace=${service.namespace}`;
  await succeed(controlPlane, ['delete', 'endpointslices', namespace, '-l', selector]);
  const items = { apiVersion: 'v1', kind: 'List', items: [...slices, endpoints] };
  await succeed(controlPlane, ['apply', '-f', '-'], items);
}

/** Endpoints may be anywhere but on the loopback interface. Source: core validation ValidateEndpointIP. */
function machineAddress(): string {
  const addresses = Object.values(networkInterfaces()).flat();
  const found = addresses.find((each) => each?.family === 'IPv4' && !each.internal);
  if (found === undefined) throw new Error('this machine has no address but the loopback one');
  return found.address;
}

async function succeed(controlPlane: ControlPlane, args: readonly string[], input?: object): Promise<void> {
  const { exitCode, stderr } = await controlPlane.kubectl(args, input && { input: JSON.stringify(input) });
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
}
