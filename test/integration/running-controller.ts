import { type Config } from '../../src/config/config.ts';
import { defaults } from '../../src/config/defaults.ts';
import { mergeConfig } from '../../src/config/merge.ts';
import type { ConfigListener } from '../../src/config/live-config.ts';
import { systemClock } from '../../src/kube/clock.ts';
import type { EventFacts } from '../../src/kube/event-object.ts';
import { createKubeClient, type KubeClient, type KubeRequest } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { type Reflector, startReflector } from '../../src/kube/reflector.ts';
import { createStore, type Store } from '../../src/kube/store.ts';
import { createMetricsRegistry } from '../../src/observability/metrics-registry.ts';
import type { CacheOptions, Controller, ControllerContext } from '../../sdk/controller/controller.ts';
import { keepLogs } from '../builders/logs.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';

/** One controller at work, without a manager. */
export interface RunningController {
  /** Requests that it has sent, watches aside. */
  readonly requests: readonly KubeRequest[];
  readonly events: readonly EventFacts[];
  readonly logs: ReturnType<typeof keepLogs>;
  configure(change: Partial<Config>): void;
  metrics(): Promise<string>;
  /** As if its process were killed: what is under way is cut off, nothing is tidied up. */
  kill(): Promise<void>;
}

/** Runs a controller; `before` may hold a request back, or refuse it. */
export async function runController(
  controlPlane: ControlPlane,
  controller: Controller,
  before: (request: KubeRequest) => Promise<void> | void = () => undefined,
): Promise<RunningController> {
  const kubeConfig = controlPlane.kubeConfig('controller');
  const real = createKubeClient(kubeConfig);
  const dead = new AbortController();
  const requests: KubeRequest[] = [];
  const client: KubeClient = {
    async request<Answer>(request: KubeRequest): Promise<Answer> {
      requests.push(request);
      await before(request);
      dead.signal.throwIfAborted();
      return await real.request<Answer>(request);
    },
    stream: (request) => real.stream(request),
    close: () => real.close(),
  };
  const reflectors: Reflector[] = [];
  const listeners = new Set<ConfigListener>();
  const events: EventFacts[] = [];
  const logs = keepLogs();
  const metrics = createMetricsRegistry();
  let config: Config = mergeConfig({}, defaults);
  const due = new Set<string>();
  const busy = new Set<string>();
  const failures = new Map<string, number>();

  const add = (key: string, after = 0): void => {
    if (after > 0) systemClock.setTimer(after, () => add(key));
    else {
      due.add(key);
      queueMicrotask(work);
    }
  };
  const work = (): void => {
    for (const key of due) {
      if (busy.has(key) || dead.signal.aborted) continue;
      due.delete(key);
      busy.add(key);
      void setup
        .reconcile(key, dead.signal)
        .then((result) => {
          failures.delete(key);
          if (result?.after !== undefined) add(key, Math.max(1, result.after));
          return undefined;
        })
        .catch((error: unknown) => {
          logs.logger.error({ err: error, key }, 'A reconcile failed');
          const count = (failures.get(key) ?? 0) + 1;
          failures.set(key, count);
          add(key, Math.min(5 * 2 ** count, 5_000));
        })
        .finally(() => {
          busy.delete(key);
          work();
        });
    }
  };
  const context: ControllerContext = {
    client,
    kubeConfig,
    config: () => config,
    onConfigChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    events: {
      record: (facts) => void events.push(facts),
      dropped: 0,
      idle: async () => undefined,
      stop: async () => undefined,
    },
    logger: logs.logger,
    metrics,
    clock: systemClock,
    date: () => new Date(),
    random: Math.random,
    identity: 'test',
    leading: () => !dead.signal.aborted,
    cache<T extends KubeObject, Index extends string = never>(
      options: CacheOptions<T, Index>,
    ): Store<T, Index> {
      const store = createStore<T, Index>(options.indexes === undefined ? {} : { indexes: options.indexes });
      reflectors.push(startReflector<T>({ ...options, client: real, handler: store }));
      return store;
    },
    enqueue: (key, options) => add(key, options?.after),
  };
  const setup = controller.setup(context);
  await Promise.all(reflectors.map((reflector) => reflector.synced()));
  await setup.started?.(dead.signal);
  for (const { store, keysOf, predicate = () => true } of setup.sources) {
    const see = (item: KubeObject, before: KubeObject | undefined, after: KubeObject | undefined): void => {
      if (predicate({ before, after })) for (const key of keysOf(item, before)) add(key);
    };
    store.subscribe({
      added: (item: KubeObject) => see(item, undefined, item),
      updated: (item: KubeObject, earlier: KubeObject) => see(item, earlier, item),
      removed: (item: KubeObject) => see(item, item, undefined),
    });
    for (const item of store.list() as KubeObject[]) see(item, undefined, item);
  }
  return {
    requests,
    events,
    logs,
    configure(change) {
      const previous = config;
      config = { ...config, ...change };
      for (const listener of listeners) listener(config, previous);
    },
    metrics: () => metrics.metrics(),
    async kill() {
      dead.abort(new Error('killed'));
      real.close();
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
  };
}
