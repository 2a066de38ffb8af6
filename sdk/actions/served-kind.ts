import type { ResourceKind } from '../../src/api/names.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import type { ActionContext } from '../../src/plugin/action.ts';
import { ActionError } from './action-error.ts';

/** A kind as the API server serves it. */
export interface ServedKind extends ResourceKind {
  readonly namespaced: boolean;
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
  }[];
}

/**
 * Finds a kind by discovery, which every authenticated user may read.
 * @param apiVersion `v1`, `apps/v1`, …
 * @throws ActionError `unknown-kind`
 */
export async function servedKind(
  { kube, signal }: Pick<ActionContext<unknown>, 'kube' | 'signal'>,
  apiVersion: string,
  kind: string,
): Promise<ServedKind> {
  const [first = '', second] = apiVersion.split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  const root = group === '' ? '/api' : `/apis/${encodeURIComponent(group)}`;
  let list: ResourceList = {};
  try {
    list = await kube.request<ResourceList>({
      method: 'GET',
      path: `${root}/${encodeURIComponent(version)}`,
      signal,
    });
  } catch (error) {
    if (!isKubeStatus(error, 404)) throw error;
  }
  const found = list.resources?.find((each) => each.kind === kind && !each.name.includes('/'));
  if (found === undefined)
    throw new ActionError('unknown-kind', `The API server serves no kind ${kind} of ${apiVersion}.`);
  return { group, version, kind, plural: found.name, namespaced: found.namespaced };
}
