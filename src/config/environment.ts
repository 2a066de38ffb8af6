import { configFields, type ConfigTexts } from './config-schema.ts';
import { configKeys, environmentName } from './config-keys.ts';

/**
 * The settings that an environment overrides (`MAX_PARALLEL_STEPS=3`), unchecked. A variable that is empty
 * counts as not set: deployments often declare variables and leave them empty.
 */
export function environmentTexts(
  environment: Readonly<Record<string, string | undefined>>,
): Partial<ConfigTexts> {
  const entries = configFields.flatMap((field) => {
    const text = environment[environmentName(configKeys[field].key)];
    return text === undefined || text.trim() === '' ? [] : [[field, text] as const];
  });
  return Object.fromEntries(entries);
}
