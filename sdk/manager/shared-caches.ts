import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { type Reflector, startReflector } from '../../src/kube/reflector.ts';
import type { ReflectorHandler } from '../../src/kube/reflector-handler.ts';
import type { Selection } from '../../src/kube/selection.ts';
import { createStore, type Store } from '../../src/kube/store.ts';
import type { KubeMetrics } from '../../src/observability/kube-metrics.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { CacheOptions } from '../controller/controller.ts';
import { fanOut, selected, transformed } from './fan-out.ts';
import { createKindAbsence, type KindAbsence } from './kind-absence.ts';
import { ManagerError } from './manager-error.ts';

export interface SharedCachesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: KubeMetrics;
}

/** The caches of all controllers of a manager. Those of the same selection share one watch and its objects. */
export interface SharedCaches {
  /** @throws ManagerError once the watches have begun */
  open<T extends KubeObject, Index extends string = never>(options: CacheOptions<T, Index>): Store<T, Index>;
  /** Begins to watch. */
  start(): void;
  /** Resolves when all are full, but those of optional kinds that are not there; rejects with the reason of the signal. */
  synced(signal: AbortSignal): Promise<void>;
  /** The plurals of the kinds whose first list is not complete, and is waited for. */
  readonly missing: readonly string[];
  stop(): Promise<void>;
}

interface WatchedCache {
  readonly handler: ReflectorHandler<KubeObject>;
  /** The same for a watch of the whole kind. Undefined: only the API server can tell what is selected. */
  readonly selecting: ReflectorHandler<KubeObject> | undefined;
}

interface SharedWatch {
  readonly selection: Selection;
  readonly caches: WatchedCache[];
  /** All who asked can do without. */
  optional: boolean;
  reflector: Reflector | undefined;
  absence: KindAbsence | undefined;
}

/** No cache, and nothing that is watched yet. */
export function createSharedCaches(options: SharedCachesOptions): SharedCaches {
  const { client, clock, random, logger, metrics } = options;
  const watches = new Map<string, SharedWatch>();
  let started = false;

  function watchOf(selection: Selection): SharedWatch {
    const key = keyOf(selection);
    const watch: SharedWatch = watches.get(key) ?? {
      selection,
      caches: [],
      optional: true,
      reflector: undefined,
      absence: undefined,
    };
    watches.set(key, watch);
    return watch;
  }

  /** Has the watch of the whole kind, where there is one, told to the caches of this one. */
  function joinsWhole({ selection, caches, optional }: SharedWatch): boolean {
    const { kind, namespace } = selection;
    const whole = watches.get(keyOf({ kind, namespace }));
    const selecting = caches.flatMap((cache) =>
      cache.selecting === undefined ? [] : [{ ...cache, handler: cache.selecting }],
    );
    if (
      whole === undefined ||
      keyOf(whole.selection) === keyOf(selection) ||
      selecting.length < caches.length
    )
      return false;
    whole.caches.push(...selecting);
    whole.optional &&= optional;
    return true;
  }

  function startWatch(watch: SharedWatch): void {
    const { plural } = watch.selection.kind;
    const counted = metrics.watch(plural);
    watch.absence = watch.optional ? createKindAbsence(plural, logger, counted) : undefined;
    const reflector = startReflector<KubeObject>({
      ...watch.selection,
      client,
      clock,
      random,
      logger: watch.absence?.logger ?? logger,
      metrics: watch.absence?.metrics ?? counted,
      transform: withoutManagedFields,
      handler: fanOut(watch.caches.map(({ handler }) => handler)),
    });
    watch.reflector = reflector;
    metrics.watchLag(plural, () => (clock.now() - reflector.lastActivity()) / 1000);
  }

  function reflectors(): Reflector[] {
    return [...watches.values()].flatMap(({ reflector }) => reflector ?? []);
  }

  return {
    open<T extends KubeObject, Index extends string = never>(asked: CacheOptions<T, Index>): Store<T, Index> {
      if (started) throw new ManagerError('A cache can be asked for in setup alone');
      const { indexes, transform, selects, optional = false, ...selection } = asked;
      const store = createStore<T, Index>(indexes === undefined ? {} : { indexes });
      const watch = watchOf(selection);
      watch.optional &&= optional;
      // Whoever asks for a kind says what its objects are.
      const handler = transform === undefined ? store : transformed(store, transform);
      watch.caches.push({
        handler,
        selecting: selects === undefined ? undefined : selected(handler, selects),
      });
      return store;
    },
    start() {
      started = true;
      for (const [key, watch] of watches) if (joinsWhole(watch)) watches.delete(key);
      for (const watch of watches.values()) startWatch(watch);
    },
    async synced(signal) {
      await Promise.all(
        [...watches.values()].map(({ reflector, absence }) =>
          Promise.race([reflector?.synced(signal), ...(absence === undefined ? [] : [absence.found])]),
        ),
      );
    },
    get missing() {
      return [...watches.values()]
        .filter(({ reflector, absence }) => reflector?.hasSynced !== true && absence?.absent !== true)
        .map(({ selection }) => selection.kind.plural);
    },
    async stop() {
      await Promise.all(reflectors().map((reflector) => reflector.stop()));
    },
  };
}

function keyOf({ kind, namespace, fieldSelector, labelSelector }: Selection): string {
  const { group, version, plural } = kind;
  return JSON.stringify([group, version, plural, namespace, fieldSelector, labelSelector]);
}

/** They are a third of many objects, and no controller reads them from a cache. */
function withoutManagedFields(item: KubeObject): KubeObject {
  if (item.metadata.managedFields === undefined) return item;
  const { managedFields: _, ...metadata } = item.metadata;
  return { ...item, metadata };
}
