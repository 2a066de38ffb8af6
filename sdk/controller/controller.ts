import type { Registry } from 'prom-client';
import type { ResourceKind } from '../../src/api/names.ts';
import type { Config } from '../../src/config/config.ts';
import type { ConfigListener } from '../../src/config/live-config.ts';
import type { ClusterAccess } from '../../src/kube/cluster-access.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import type { Store } from '../../src/kube/store.ts';
import type { Logger } from '../../src/observability/logger.ts';

/** Which objects a cache shows. Caches of the same selection and the same `transform` share one watch. */
export interface CacheOptions<T extends KubeObject, Index extends string = never> {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /**
   * True for the objects that the selectors select. Where another controller has a cache of the whole kind, its watch is
   * shared then, and no second one is opened.
   */
  readonly selects?: (item: T) => boolean;
  /**
   * True: the cluster may not have the kind. Until it has, the cache is empty and counts as full; it fills by itself
   * within seconds of the kind's coming. Default false: the manager waits for the kind.
   */
  readonly optional?: boolean;
  /** Shrinks each object before it is kept, such as by dropping managedFields. It must not change what it is given. */
  readonly transform?: (item: T) => T;
  /** For each index, the keys under which an object is found. */
  readonly indexes?: Readonly<Record<Index, (item: T) => readonly string[]>>;
}

/** What a manager hands to its controllers. */
export interface ControllerContext {
  /** Obeys `kubernetes-qps` and `kubernetes-burst`, and follows their changes. */
  readonly client: KubeClient;
  readonly kubeConfig: ClusterAccess;
  readonly config: () => Config;
  /** Returns the function that unsubscribes. */
  readonly onConfigChange: (listener: ConfigListener) => () => void;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly clock: Clock;
  /** The time of day, for status fields. */
  readonly date: () => Date;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Name of this process among its replicas. */
  readonly identity: string;
  /** True while this process works; `client` writes nothing otherwise. For who writes through another client. */
  readonly leading: () => boolean;
  /** A cache that is full before the first reconcile. To be called in `setup` alone. */
  readonly cache: <T extends KubeObject, Index extends string = never>(
    options: CacheOptions<T, Index>,
  ) => Store<T, Index>;
  /** Puts a key of this controller into its queue; `after` in milliseconds, a higher priority goes first (0). */
  readonly enqueue: (key: string, options?: { readonly after?: number; readonly priority?: number }) => void;
}

/** What leads to reconciles: changes in a cache, by the keys they concern. */
export interface Source<T extends KubeObject = KubeObject> {
  readonly store: Store<T, string>;
  /** Keys (`namespace/name`) to reconcile after a change; `before` is absent for a new object. */
  readonly keysOf: (item: T, before?: T) => readonly string[];
  /** False: the change concerns nobody. A removal is asked with `after` undefined. Default: all changes do. */
  readonly predicate?: (change: { readonly before: T | undefined; readonly after: T | undefined }) => boolean;
  /** A higher one goes first; default 0. */
  readonly priority?: number;
}

/** What a reconcile asks for; nothing: it is done until the next change. */
export interface ReconcileResult {
  /** Reconcile again after so many milliseconds, unless a change comes first. */
  readonly after?: number;
}

/** The running part of a controller. */
export interface ControllerSetup {
  // Each source knows the type of its own objects.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly sources: readonly Source<any>[];
  /**
   * Brings one object to its desired state. Never called twice at once for one key. What it throws is logged and
   * the key comes back later and later.
   */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult | undefined>;
  /** Reconciles at the same time; default 8. */
  readonly concurrency?: number;
  /**
   * Called once this process leads, after caches are full and before the first reconcile; again when it throws. The
   * signal is aborted when this process leads no more, and at last when all has ended.
   */
  readonly started?: (signal: AbortSignal) => Promise<void>;
  /** Ends what reconciles have left running. Called once, after the last reconcile; it may still write. */
  readonly stop?: () => Promise<void>;
}

/** A control loop that a manager runs: watch event -> key in a queue -> reconcile(key) -> writes. */
export interface Controller {
  /** A DNS label; a label of its metrics. */
  readonly name: string;
  /** Asks for caches and says what leads to reconciles. Called once per process, before anything is watched. */
  setup(context: ControllerContext): ControllerSetup;
}
