import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { activeExecutionFieldSelector } from '../../src/api/phase.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { startReflector, type Reflector, type ReflectorOptions } from '../../src/kube/reflector.ts';
import type { ActiveExecutionCache } from '../journal/active-execution-cache.ts';
import type { ObservedExecution } from '../journal/execution-view.ts';
import { isMarked, shrinkExecution } from './observed-execution.ts';
import type { UnmarkedExecutions } from './unmarked-executions.ts';

/** What the watch needs beside its target. */
export type WatchEnvironment = Pick<
  ReflectorOptions<KubeObject>,
  'client' | 'logger' | 'metrics' | 'clock' | 'readDeadlineMilliseconds'
>;

/**
 * Feeds the cache from a watch of the metadata of active executions. Settling and deletion both come as a
 * deletion. `onUnlabelled` is told of executions that have neither label nor annotation: those from before the
 * installation. An owner is not enough for long, because it may be removed.
 */
export function watchActiveExecutions(
  environment: WatchEnvironment,
  cache: ActiveExecutionCache,
  unmarked: Pick<UnmarkedExecutions, 'observe' | 'forget'>,
  onUnlabelled: (execution: ObservedExecution) => void,
): Reflector {
  const { observe } = unmarked;
  function upserted(item: KubeObject): void {
    cache.upserted(observe(item));
    if (!isMarked(item)) onUnlabelled(observe(item));
  }
  return startReflector<KubeObject>({
    ...environment,
    kind: kubernetesExecutionKind,
    fieldSelector: activeExecutionFieldSelector,
    metadataOnly: true,
    transform: shrinkExecution,
    handler: {
      replaced(items, resourceVersion) {
        cache.replaced(items.map(observe), resourceVersion);
        for (const item of items) if (!isMarked(item)) onUnlabelled(observe(item));
      },
      added: upserted,
      modified: upserted,
      deleted(item) {
        cache.removed(observe(item));
        unmarked.forget(item.metadata.uid);
      },
      progressed: (resourceVersion) => cache.progressed(resourceVersion),
    },
  });
}
