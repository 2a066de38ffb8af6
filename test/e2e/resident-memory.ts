import { installed, type OperatedCluster } from './operated-cluster.ts';

/** Resident megabytes of each pod of a part of the product, the larger first, as the kubelets report them. */
export async function residentMegabytes(
  { kubectl, nodes }: Pick<OperatedCluster, 'kubectl' | 'nodes'>,
  part: 'webhook' | 'controller',
): Promise<number[]> {
  const summaries = await Promise.all(
    nodes.map(async (node) => {
      const text = await kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/stats/summary`]);
      return (JSON.parse(text) as Summary).pods;
    }),
  );
  return summaries
    .flat()
    .filter(({ podRef }) => podRef.namespace === installed.namespace)
    .filter(({ podRef }) => podRef.name.startsWith(`${installed.release}-${part}-`))
    .flatMap(({ containers = [] }) => containers.map(({ memory }) => (memory?.rssBytes ?? 0) / 2 ** 20))
    .sort((one, other) => other - one);
}

/** Source: k8s.io/kubelet pkg/apis/stats/v1alpha1 Summary. */
interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly containers?: readonly { readonly memory?: { readonly rssBytes?: number } }[];
  }[];
}
