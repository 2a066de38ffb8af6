import { expect, vi } from 'vitest';
import { compareResourceVersions } from '../../src/api/resource-version.ts';
import { listAll } from '../../src/kube/consistent-list.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { type KubeObject, objectKey } from '../../src/kube/kube-object.ts';
import { type Reflector, type ReflectorOptions, startReflector } from '../../src/kube/reflector.ts';
import type { ReflectorHandler } from '../../src/kube/reflector-handler.ts';
import type { RelistReason } from '../../src/kube/relist-reason.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { createStore, type Store } from '../../src/kube/store.ts';
import { whenInitialized } from '../cluster/when-initialized.ts';

export const configMapKind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' } as const;

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The ConfigMaps of one namespace, written past the faults and watched through them. */
export interface WatchedConfigMaps {
  readonly reflector: Reflector;
  readonly store: Store<ConfigMap>;
  /** Why each connection ended, and each attempt at one. */
  readonly disconnected: readonly RelistReason[];
  /** What ended before each list; `started` for a first one that came at once. */
  readonly relisted: readonly RelistReason[];
  readonly handlerFailures: number;
  put(...names: readonly string[]): Promise<void>;
  remove(...names: readonly string[]): Promise<void>;
  names(): readonly string[];
  /** Waits until the reflector has made a list for that reason, for the `times`th time. */
  relistedFor(reason: RelistReason, times?: number): Promise<void>;
  /** Waits until the cache equals a list made now, and checks that its history made sense. */
  equalsFreshList(): Promise<void>;
}

export interface WatchOptions extends Partial<ReflectorOptions<ConfigMap>> {
  /** Past the faults. */
  readonly direct: KubeClient;
  /** Through the faults. */
  readonly client: KubeClient;
  readonly namespace: string;
  /** ConfigMaps that are there before the reflector starts. */
  readonly existing?: readonly string[];
  /** Called with each event before the cache sees it; may throw. */
  readonly onEvent?: (type: string, item: ConfigMap | undefined) => void;
}

/** Creates the namespace and watches its ConfigMaps. */
export async function watchConfigMaps(options: WatchOptions): Promise<WatchedConfigMaps> {
  const { direct, namespace } = options;
  await direct.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { metadata: { name: namespace } },
  });
  let value = 0;
  const put = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) {
      value += 1;
      await direct.request({
        method: 'PATCH',
        path: resourcePath(configMapKind, { namespace, name }),
        query: { fieldManager: 'test', force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value: String(value) } },
      });
    }
  };
  await put(...(options.existing ?? []));
  const store = createStore<ConfigMap>();
  const history = strictHistory();
  const relisted: RelistReason[] = [];
  const disconnected: RelistReason[] = [];
  let handlerFailures = 0;
  const reflector = startReflector<ConfigMap>({
    backoff: { initialMilliseconds: 20, maximumMilliseconds: 500, factor: 2 },
    ...options,
    kind: configMapKind,
    handler: each((type, tell, item) => {
      options.onEvent?.(type, item);
      tell(store);
      tell(history);
    }),
    metrics: {
      disconnected: (reason) => disconnected.push(reason),
      relisted: (reason) => relisted.push(reason),
      handlerFailed: () => {
        handlerFailures += 1;
      },
    },
  });

  return {
    reflector,
    store,
    relisted,
    disconnected,
    get handlerFailures() {
      return handlerFailures;
    },
    put,
    async remove(...names) {
      for (const name of names) {
        await direct.request({ method: 'DELETE', path: resourcePath(configMapKind, { namespace, name }) });
      }
    },
    names: () =>
      store
        .list()
        .map(({ metadata }) => metadata.name)
        .sort(),
    async relistedFor(reason, times = 1) {
      await vi.waitFor(
        () => expect(relisted.filter((one) => one === reason).length).toBeGreaterThanOrEqual(times),
        { timeout: 20_000, interval: 10 },
      );
    },
    async equalsFreshList() {
      const fresh = await whenInitialized(() =>
        listAll<ConfigMap>(direct, { kind: configMapKind, namespace }),
      );
      await vi.waitFor(() => expect(states(store.list())).toEqual(states(fresh.items)), {
        timeout: 20_000,
        interval: 10,
      });
      expect(history.violations).toEqual([]);
    },
  };
}

/** What tells two states of an object apart. */
function states(items: readonly ConfigMap[]): readonly string[] {
  return items
    .map(
      ({ metadata, data }) =>
        `${metadata.name} ${metadata.uid} ${metadata.resourceVersion} ${data?.['value']}`,
    )
    .sort();
}

/** A handler that does the same with each call. */
function each<T extends KubeObject>(
  act: (type: string, tell: (handler: ReflectorHandler<T>) => void, item: T | undefined) => void,
): ReflectorHandler<T> {
  return {
    replaced: (items, version) => act('replaced', (handler) => handler.replaced(items, version), undefined),
    added: (item) => act('added', (handler) => handler.added(item), item),
    modified: (item) => act('modified', (handler) => handler.modified(item), item),
    deleted: (item) => act('deleted', (handler) => handler.deleted(item), item),
    progressed: (version) => act('progressed', (handler) => handler.progressed(version), undefined),
  };
}

/** Remembers whatever a history without gaps and without repetitions would not contain. */
function strictHistory<T extends KubeObject>(): ReflectorHandler<T> & {
  readonly violations: readonly string[];
} {
  const known = new Set<string>();
  const violations: string[] = [];
  let seen = '0';
  const step = (what: string, { metadata }: T, mustBeKnown: boolean): void => {
    if (known.has(objectKey(metadata)) !== mustBeKnown) violations.push(`${what} ${metadata.name}`);
    if (compareResourceVersions(metadata.resourceVersion, seen) <= 0) {
      violations.push(`${what} ${metadata.name} at ${metadata.resourceVersion} after ${seen}`);
    }
    seen = metadata.resourceVersion;
  };
  return {
    violations,
    replaced(items, resourceVersion) {
      known.clear();
      for (const { metadata } of items) known.add(objectKey(metadata));
      seen = resourceVersion;
    },
    added(item) {
      step('added', item, false);
      known.add(objectKey(item.metadata));
    },
    modified(item) {
      step('modified', item, true);
    },
    deleted(item) {
      step('deleted', item, true);
      known.delete(objectKey(item.metadata));
    },
    progressed(resourceVersion) {
      if (compareResourceVersions(resourceVersion, seen) < 0) violations.push(`back to ${resourceVersion}`);
      seen = resourceVersion;
    },
  };
}
