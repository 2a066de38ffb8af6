import type { KubeClient } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { type Reflector, type ReflectorOptions, startReflector } from '../kube/reflector.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config.ts';
import type { ConfigTexts } from './config-schema.ts';
import {
  type ConfigListener,
  type ConfigReport,
  createLiveConfig,
  type LiveConfig,
  type LiveConfigOptions,
} from './live-config.ts';

/** The one ConfigMap that configures an installation. */
export const configMapName = 'kubernaut-workflowexecution-config';

const configMapKind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' } as const;

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** What the watch logs to: facts first, then a sentence. */
export interface ConfigLogger {
  readonly debug: (facts: object, message: string) => void;
  readonly info: (facts: object, message: string) => void;
  readonly warn: (facts: object, message: string) => void;
  readonly error: (facts: object, message: string) => void;
}

/** The object that an Event is about. Source: core/v1 `ObjectReference`. */
export interface ConfigMapReference {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
  /** Absent when there is no ConfigMap. */
  readonly uid?: string;
}

export interface ConfigWatchOptions {
  readonly client: KubeClient;
  /** The namespace of the installation. */
  readonly namespace: string;
  /** Overrides, from `environmentTexts`. */
  readonly environment: Partial<ConfigTexts>;
  readonly logger: ConfigLogger;
  /** Called once for every value that cannot be used, with its key: a counter. */
  readonly onProblem?: (key: string) => void;
  /** Writes an Event; it must not throw. */
  readonly report?: (report: ConfigReport, about: ConfigMapReference) => void;
  /** Gives up waiting for the first list. */
  readonly signal?: AbortSignal;
  /** Of the reflector: clock, backoff and the like. */
  readonly reflector?: Pick<
    ReflectorOptions<ConfigMap>,
    'clock' | 'random' | 'backoff' | 'metrics' | 'readDeadlineMilliseconds'
  >;
}

/** The Config in force, kept up to date until it is stopped. */
export interface ConfigWatch {
  readonly current: () => Config;
  /** Told once for each change that makes a difference; returns the function that unsubscribes. */
  readonly onChange: (listener: ConfigListener) => () => void;
  readonly reflector: Reflector;
  readonly stop: () => Promise<void>;
}

/**
 * Reads the ConfigMap (one that does not exist is an empty one) and follows its changes. A bad value keeps
 * the Config that is in force.
 * @throws ConfigError when a value cannot be used at the start; the signal's reason when it is aborted
 */
export async function startConfigWatch(options: ConfigWatchOptions): Promise<ConfigWatch> {
  const follower = createFollower(options);
  const reflector = startReflector<ConfigMap>({
    ...options.reflector,
    client: options.client,
    kind: configMapKind,
    namespace: options.namespace,
    fieldSelector: `metadata.name=${configMapName}`,
    logger: options.logger,
    handler: {
      replaced: (items) => follower.see(items.at(0)),
      added: (item) => follower.see(item),
      modified: (item) => follower.see(item),
      deleted: () => follower.see(undefined),
      progressed: () => undefined,
    },
  });
  try {
    await reflector.synced(options.signal);
    const live = follower.started();
    return { current: live.current, onChange: live.onChange, reflector, stop: () => reflector.stop() };
  } catch (error) {
    await reflector.stop();
    throw error;
  }
}

interface Follower {
  readonly see: (configMap: ConfigMap | undefined) => void;
  /** What the first list made. @throws ConfigError */
  readonly started: () => LiveConfig;
}

function createFollower({ namespace, environment, logger, onProblem, report }: ConfigWatchOptions): Follower {
  let seen: { readonly version: string | undefined; readonly about: ConfigMapReference } | undefined;
  let live: LiveConfig | undefined;
  let failure: unknown;

  const liveOptions: LiveConfigOptions = {
    environment,
    report: (said) => {
      logReport(logger, said, namespace);
      report?.(said, seen?.about ?? referenceTo(namespace, undefined));
    },
    onProblem: (key) => onProblem?.(key),
    onListenerError: (error) => logger.error({ err: error }, 'A listener for configuration failed'),
  };

  return {
    see: (configMap) => {
      const version = configMap?.metadata.resourceVersion;
      // After each reconnect everything is listed again: a bad value is one mistake, not one a reconnect.
      if (seen !== undefined && seen.version === version) return;
      seen = { version, about: referenceTo(namespace, configMap) };
      if (live !== undefined) {
        live.apply(configMap?.data);
        return;
      }
      try {
        live = createLiveConfig(configMap?.data, liveOptions);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        failure = error;
      }
    },
    started: () => {
      if (live === undefined) throw failure;
      return live;
    },
  };
}

function referenceTo(namespace: string, configMap: ConfigMap | undefined): ConfigMapReference {
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: configMapName } as const;
  return configMap === undefined ? reference : { ...reference, uid: configMap.metadata.uid };
}

function logReport(logger: ConfigLogger, { type, reason, message }: ConfigReport, namespace: string): void {
  const facts = { reason, namespace, configMap: configMapName };
  if (reason === 'ConfigRejected') logger.error(facts, message);
  else if (type === 'Warning') logger.warn(facts, message);
  else logger.info(facts, message);
}
