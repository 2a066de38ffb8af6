import type { ResourceKind } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { Controller, ControllerSetup } from '../../sdk/controller/controller.ts';
import { ownKey } from '../../sdk/controller/owner-keys.ts';

export const configMaps: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface EchoControllerOptions {
  readonly name?: string;
  /** Runs within each reconcile, before it writes. */
  readonly within?: (key: string, signal: AbortSignal) => Promise<void>;
  readonly setup?: Partial<ControllerSetup>;
}

/** The smallest controller: keeps `data.echo` of each ConfigMap of one namespace equal to its `data.text`. */
export function echoController(namespace: string, options: EchoControllerOptions = {}): Controller {
  return {
    name: options.name ?? 'echo',
    setup({ cache, client }) {
      const store = cache<ConfigMap>({ kind: configMaps, namespace, labelSelector: 'echo' });
      return {
        sources: [{ store, keysOf: ownKey }],
        async reconcile(key, signal) {
          await options.within?.(key, signal);
          const name = key.slice(key.indexOf('/') + 1);
          const { data = {} } = store.get(namespace, name) ?? {};
          if (data['echo'] !== data['text'])
            await patchData(client, namespace, name, { echo: data['text'] }, signal);
          return undefined;
        },
        ...options.setup,
      };
    },
  };
}

export async function patchData(
  client: KubeClient,
  namespace: string,
  name: string,
  data: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<void> {
  await client.request({
    method: 'PATCH',
    path: resourcePath(configMaps, { namespace, name }),
    contentType: 'application/merge-patch+json',
    body: { data },
    ...(signal === undefined ? {} : { signal }),
  });
}
