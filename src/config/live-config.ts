import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { configKeys } from './config-keys.ts';
import { configMapTexts } from './config-map-texts.ts';
import { configFields, type ConfigTexts } from './config-schema.ts';
import { mergeConfig, sameConfig } from './merge.ts';
import { suggestKey } from './suggest-key.ts';

/** Told once for each change that makes a difference. */
export type ConfigListener = (current: Config, previous: Config) => void;

/** What a person who looks after the installation should hear, as an Event about the ConfigMap. */
export interface ConfigReport {
  readonly type: 'Normal' | 'Warning';
  /** `ConfigRejected`, `ConfigKeyUnknown` or `ConfigChanged`. */
  readonly reason: string;
  readonly message: string;
}

export interface LiveConfigOptions {
  /** Overrides from the environment; they win. */
  readonly environment: Partial<ConfigTexts>;
  readonly report: (report: ConfigReport) => void;
  /** Called once for every value that cannot be used. */
  readonly onProblem: (key: string) => void;
  readonly onListenerError: (error: unknown) => void;
}

/** The Config in force while the ConfigMap changes. */
export interface LiveConfig {
  readonly current: () => Config;
  /** Returns the function that unsubscribes. */
  readonly onChange: (listener: ConfigListener) => () => void;
  /** The ConfigMap has this data now; undefined: there is none. A bad value changes nothing. */
  readonly apply: (data: Readonly<Record<string, string>> | undefined) => void;
}

/**
 * Starts from the data of a ConfigMap, or from none.
 * @throws ConfigError when a value cannot be used: at the start there is no good one to keep
 */
export function createLiveConfig(
  data: Readonly<Record<string, string>> | undefined,
  { environment, report, onProblem, onListenerError }: LiveConfigOptions,
): LiveConfig {
  const listeners = new Set<ConfigListener>();

  const read = (newData: Readonly<Record<string, string>> | undefined): Config => {
    const { texts, unknownKeys } = configMapTexts(newData ?? {});
    for (const key of unknownKeys) {
      report({ type: 'Warning', reason: 'ConfigKeyUnknown', message: unknownKeyMessage(key) });
    }
    try {
      return mergeConfig(texts, environment);
    } catch (error) {
      if (error instanceof ConfigError) {
        for (const problem of error.problems) onProblem(problem.key);
        report({ type: 'Warning', reason: 'ConfigRejected', message: error.message });
      }
      throw error;
    }
  };

  let current = read(data);

  const notify = (previous: Config): void => {
    for (const listener of listeners) {
      try {
        listener(current, previous);
      } catch (error) {
        onListenerError(error);
      }
    }
  };

  return {
    current: () => current,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    apply: (newData) => {
      let next: Config;
      try {
        next = read(newData);
      } catch (error) {
        if (error instanceof ConfigError) return;
        throw error;
      }
      if (sameConfig(next, current)) return;
      const previous = current;
      current = next;
      report({ type: 'Normal', reason: 'ConfigChanged', message: changeMessage(previous, current) });
      notify(previous);
    },
  };
}

function unknownKeyMessage(key: string): string {
  const knownKeys = configFields.map((field) => configKeys[field].key);
  const suggestion = suggestKey(key, knownKeys);
  const hint =
    suggestion === undefined ? `Known keys: ${knownKeys.join(', ')}.` : `Did you mean ${suggestion}?`;
  return `The key ${key} means nothing and is ignored. ${hint}`;
}

function changeMessage(previous: Config, current: Config): string {
  const changes = configFields
    .filter((field) => previous[field] !== current[field])
    .map((field) => `${configKeys[field].key} from ${shown(field, previous)} to ${shown(field, current)}`);
  return `The configuration changed: ${changes.join(', ')}.`;
}

function shown(field: keyof Config, config: Config): string {
  return field.endsWith('Milliseconds') ? `${config[field]} ms` : String(config[field]);
}
