import type { Config } from './config.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { configKeys, environmentName } from './config-keys.ts';
import { configFields, configSchema, type ConfigTexts } from './config-schema.ts';
import { defaults } from './defaults.ts';

/**
 * The Config of defaults, overridden by the ConfigMap, overridden by the environment.
 *
 * A bad value in the ConfigMap is an error even where the environment overrides it: it would come to light
 * on the day the override goes.
 * @throws ConfigError with every value that cannot be used
 */
export function mergeConfig(configMap: Partial<ConfigTexts>, environment: Partial<ConfigTexts>): Config {
  const [first, ...others] = [
    ...problemsOf(configMap, 'ConfigMap'),
    ...problemsOf(environment, 'environment'),
  ];
  if (first !== undefined) throw new ConfigError([first, ...others]);
  return Object.freeze(configSchema.parse({ ...defaults, ...configMap, ...environment }));
}

/** True when both say the same in every field. */
export function sameConfig(left: Config, right: Config): boolean {
  return configFields.every((field) => left[field] === right[field]);
}

function problemsOf(texts: Partial<ConfigTexts>, source: ConfigProblem['source']): ConfigProblem[] {
  return configFields.flatMap((field) => {
    const text = texts[field];
    const { key, value } = configKeys[field];
    if (text === undefined || value.schema.safeParse(text).success) return [];
    const name = source === 'environment' ? environmentName(key) : key;
    return [{ key: name, value: text, allowed: value.allowed, source }];
  });
}
