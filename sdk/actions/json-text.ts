import { inexactness } from '../../src/policy/approval/canonical-json.ts';
import { duplicateKey } from './duplicate-key.ts';

/** The most that a ConfigMap holds. Source: `MaxSecretSize` in k8s.io/kubernetes pkg/apis/core. */
const maximumLength = 1024 * 1024;

/** What a text of JSON says, or why it is not read. */
export type JsonText = { readonly value: unknown } | { readonly problem: string };

/**
 * Reads JSON that says one thing to everybody: a person who reads it, and every parser. A key that is there twice, a
 * number that loses digits and a nesting too deep are refused.
 */
export function readJsonText(text: string): JsonText {
  if (text.length > maximumLength)
    return { problem: `the text has ${text.length} characters; ${maximumLength} is the most` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a Secret's value.
    return { problem: 'the text is not JSON' };
  }
  const inexact = inexactness(value);
  if (inexact !== undefined) return { problem: `the text cannot be read exactly: ${inexact}` };
  const key = duplicateKey(text);
  return key === undefined
    ? { value }
    : { problem: `the text has the key ${shown(key)} twice in one object` };
}

function shown(key: string): string {
  return JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key).replaceAll(
    /[^ -~…]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
