/** The replicas that the API server may call, and whether each accepts a segment of the admission path. */
import { request } from 'node:https';
import { once } from 'node:events';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';

const endpointSliceKind = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' };
/** Name of the admission port in the Service. */
const admissionPort = 'admission';
const answerMilliseconds = 5_000;

/** Where a replica listens. */
export interface ReplicaAddress {
  readonly address: string;
  readonly port: number;
}

/** What a replica is asked. */
export interface AcceptanceQuestion {
  readonly segment: string;
  /** PEM of the authority that its certificate must be by. */
  readonly authorities: string;
  /** Name that its certificate must be good for. */
  readonly serverName: string;
}

interface EndpointSlice {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
}

/** The replicas behind a Service that are ready, each once. @throws KubeStatusError | KubeConnectionError */
export async function readyReplicas(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<ReplicaAddress[]> {
  const { items } = await client.request<{ readonly items: readonly EndpointSlice[] }>({
    method: 'GET',
    path: resourcePath(endpointSliceKind, { namespace }),
    query: { labelSelector: `kubernetes.io/service-name=${name}` },
  });
  const found = items.flatMap(({ endpoints, ports }) => {
    const port = ports?.find((each) => each.name === admissionPort)?.port;
    if (port === undefined) return [];
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses.slice(0, 1).map((address) => ({ address, port })));
  });
  return [...new Map(found.map((each) => [`${each.address} ${each.port}`, each])).values()];
}

/**
 * True when the replica serves by one of the authorities and accepts the segment. One that cannot be reached does not. The
 * segment is sent to nobody who has no such certificate.
 */
export async function accepts(
  { address, port }: ReplicaAddress,
  { segment, authorities, serverName }: AcceptanceQuestion,
): Promise<boolean> {
  const asked = request({
    host: address,
    port,
    path: `/${segment}/accepted`,
    servername: serverName,
    ca: authorities,
    agent: false,
    signal: AbortSignal.timeout(answerMilliseconds),
  });
  try {
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    return response.statusCode === 204;
  } catch {
    return false;
  } finally {
    asked.destroy();
  }
}
