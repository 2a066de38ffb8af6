import { parseAllDocuments } from 'yaml';
import { podSubnet } from './kubeadm-config.ts';

interface DaemonSet {
  readonly kind: string;
  readonly spec?: { readonly template: { readonly spec: { readonly containers: { env?: object[] }[] } } };
}

/**
 * The network plugin that is in kind's node image, as kind completes its manifest: with the pods' subnet, and with the
 * API server's address where it asks for that. Source: kind pkg/cluster/internal/create/actions/installcni cni.go.
 *
 * @param manifest of the node image, /kind/manifests/default-cni.yaml
 * @param endpoint `name:6443`
 */
export function completeNetworkPlugin(manifest: string, endpoint: string): string {
  const templated = manifest.replaceAll(/\{\{\s*\.PodSubnet\s*\}\}/g, podSubnet);
  const documents = parseAllDocuments(templated)
    .map((document) => document.toJS() as DaemonSet | null)
    .filter((object) => object !== null);
  if (manifest.includes('would you kindly patch this file')) {
    const [container] =
      documents.find(({ kind }) => kind === 'DaemonSet')?.spec?.template.spec.containers ?? [];
    if (container === undefined) throw new Error("kind's network plugin has no DaemonSet");
    container.env = [...(container.env ?? []), { name: 'CONTROL_PLANE_ENDPOINT', value: endpoint }];
  }
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}
