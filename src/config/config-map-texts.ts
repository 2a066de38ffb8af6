import { configFields, type ConfigTexts } from './config-schema.ts';
import { configKeys } from './config-keys.ts';

/** The settings in the `data` of a ConfigMap, unchecked, and the keys in it that mean nothing. */
export interface ConfigMapTexts {
  readonly texts: Partial<ConfigTexts>;
  readonly unknownKeys: readonly string[];
}

export function configMapTexts(data: Readonly<Record<string, string>>): ConfigMapTexts {
  const fieldOfKey = new Map(configFields.map((field) => [configKeys[field].key, field]));
  const texts: { -readonly [Field in keyof ConfigTexts]?: string } = {};
  const unknownKeys: string[] = [];
  for (const [key, text] of Object.entries(data)) {
    const field = fieldOfKey.get(key);
    if (field === undefined) unknownKeys.push(key);
    else texts[field] = text;
  }
  return { texts, unknownKeys };
}
