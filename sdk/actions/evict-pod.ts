import { createBackoff } from '../../src/kube/backoff.ts';
import { isKubeStatus, type KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { ActionContext } from '../../src/plugin/action.ts';
import { ActionError } from './action-error.ts';
import { podKind } from './api-kinds.ts';
import type { Pace } from './pace.ts';
import type { Pod } from './pods-to-evict.ts';

/**
 * Asks for the eviction of one pod until it is granted: a disruption budget that allows none is answered 429, and
 * may allow one later. Resolves when the pod is being deleted, is gone, or its name is another's.
 * @throws ActionError `unsafe` when the signal is aborted while a budget is in the way
 */
export async function evictPod(
  { kube, signal, whileWaiting }: Pick<ActionContext<unknown>, 'kube' | 'signal' | 'whileWaiting'>,
  { metadata: { namespace, name, uid } }: Pod,
  gracePeriodSeconds: number | undefined,
  { clock, random }: Pace,
): Promise<void> {
  const backoff = createBackoff({ initialMilliseconds: 500, maximumMilliseconds: 10_000, factor: 2 }, random);
  for (;;) {
    let refused: KubeStatusError;
    try {
      await kube.request({
        method: 'POST',
        path: resourcePath(podKind, { namespace, name, subresource: 'eviction' }),
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { namespace, name },
          deleteOptions: {
            preconditions: { uid },
            ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
          },
        },
        signal,
      });
      return;
    } catch (error) {
      if (isKubeStatus(error, 404) || isKubeStatus(error, 409) || isNamespaceGoing(error)) return;
      if (!isKubeStatus(error, 429)) throw error;
      refused = error;
    }
    await whileWaiting(() => clock.sleep(backoff.next(), signal)).catch((reason: unknown) => {
      const message = `${namespace}/${name} could not be evicted: ${refused.status.message}`;
      throw new ActionError('unsafe', message, { cause: reason });
    });
  }
}

/** Nothing can be made in a namespace that is being deleted, an Eviction neither; its pods go with it. */
function isNamespaceGoing(error: unknown): boolean {
  if (!isKubeStatus(error, 403)) return false;
  return error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false;
}
