import { installed, type OperatedCluster } from './operated-cluster.ts';

/** A running pod of the product. */
export interface ProductPod {
  readonly name: string;
  readonly node: string;
  /** `containerd://…` */
  readonly containerId: string;
}

/** The pods of a part of the product that are Ready and not being deleted. */
export async function podsOf(
  { kubectl }: Pick<OperatedCluster, 'kubectl'>,
  part: 'webhook' | 'controller',
): Promise<ProductPod[]> {
  const selector = ['-l', `app.kubernetes.io/component=${part}`];
  const text = await kubectl(['get', 'pods', '-n', installed.namespace, ...selector, '-o', 'json']);
  const { items } = JSON.parse(text) as { readonly items: readonly Pod[] };
  return items
    .filter(({ metadata, status }) => {
      const ready = status.conditions?.find(({ type }) => type === 'Ready');
      return metadata.deletionTimestamp === undefined && ready?.status === 'True';
    })
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      node: spec.nodeName,
      containerId: status.containerStatuses?.[0]?.containerID ?? '',
    }));
}

/** A metric of one pod, summed over the series whose labels contain `labels`, read through the API server. */
export async function podMetric(
  { kubectl }: Pick<OperatedCluster, 'kubectl'>,
  pod: string,
  name: string,
  labels = '',
): Promise<number> {
  const path = `/api/v1/namespaces/${installed.namespace}/pods/${pod}:8080/proxy/metrics`;
  return (await kubectl(['get', '--raw', path]))
    .split('\n')
    .filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly containerID?: string }[];
  };
}
