import { withoutSecrets } from './without-secrets.ts';

/** How deep a logged object is followed. */
const deepest = 6;
/** How many entries of one array, and fields of one object, are shown. */
const mostItems = 100;
/** How many characters of one string are shown. */
const mostCharacters = 8192;
/** How many characters of a field's name are shown. */
const mostNameCharacters = 256;
/** How many values and how many characters one line shows in all; what comes after them is left out. */
const mostValues = 5_000;
const mostCharactersInAll = 131_072;

const redacted = '[redacted]';
const leftOut = '[left out]';

/** Names whose values are secret wherever they stand, without case, hyphens, underscores and dots. */
const secretNames = new Set([
  'authorization',
  'proxyauthorization',
  'bearertoken',
  'clientkeydata',
  'cookie',
  'idtoken',
  'key',
  'password',
  'privatekey',
  'privatekeypem',
  'setcookie',
  'tlskey',
  'token',
]);

/** What a line may still hold. */
interface Room {
  values: number;
  characters: number;
}

/**
 * A copy of what is to be logged that holds no secret and is no larger than it should be: values under secret
 * names and the data of Secrets are replaced, errors become plain objects, bytes their length. Everything is cut before
 * it is looked at, so that what users write costs no more than a line may hold.
 */
export function loggable(value: unknown): unknown {
  return copyOf(value, 0, { values: mostValues, characters: mostCharactersInAll });
}

function copyOf(value: unknown, depth: number, room: Room): unknown {
  if (room.values <= 0 || room.characters <= 0) return leftOut;
  room.values -= 1;
  if (value instanceof Error) return loggableError(value, depth, room);
  if (typeof value === 'string') return textIn(value, room);
  if (typeof value === 'bigint') return bigIntText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return Array.isArray(value) ? '[array]' : '[object]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => copyOf(item, depth + 1, room));
  if (value instanceof Map || value instanceof Set) return copyOf(firstOf(value), depth, room);
  return fieldsOf(value, depth, room);
}

function fieldsOf(value: object, depth: number, room: Room): unknown {
  const isSecret = 'kind' in value && value.kind === 'Secret';
  const names = Object.keys(value);
  const shown = names.slice(0, mostItems).map((name): [string, unknown] => {
    const key = textIn(name, room, mostNameCharacters);
    const isHidden = isSecretName(name) || (isSecret && (name === 'data' || name === 'stringData'));
    return [key, isHidden ? redacted : copyOf(Reflect.get(value, name), depth + 1, room)];
  });
  if (names.length > mostItems) shown.push(['…', `${names.length - mostItems} more fields`]);
  return Object.fromEntries(shown);
}

function firstOf(values: Iterable<unknown>): readonly unknown[] {
  const first: unknown[] = [];
  for (const value of values) {
    if (first.length === mostItems) break;
    first.push(value);
  }
  return first;
}

/** A text as a line shows it: cut, then without what gives itself away as a secret. */
export function shortened(text: string, most = mostCharacters): string {
  if (text.length <= most) return withoutSecrets(text);
  // A secret that the cut would hide from its pattern is found where more than what is shown is looked at.
  const shown = withoutSecrets(text.slice(0, 2 * most)).slice(0, most);
  return `${shown}… (${text.length} characters)`;
}

function textIn(text: string, room: Room, most = mostCharacters): string {
  const shown = shortened(text, most);
  room.characters -= shown.length;
  return shown;
}

/** Its digits cost the square of their number. */
function bigIntText(value: bigint): string {
  return BigInt.asIntN(256, value) === value ? String(value) : '[large number]';
}

function isSecretName(name: string): boolean {
  return name.length <= mostNameCharacters && secretNames.has(name.toLowerCase().replaceAll(/[-_.]/g, ''));
}

/** What an error says, and nothing that others hung on it: clients of HTTP hang the request on it, header and all. */
function loggableError(error: Error, depth: number, room: Room): unknown {
  const described: Record<string, unknown> = { type: error.name, message: textIn(error.message, room) };
  for (const name of ['code', 'reason', 'status'] as const) {
    if (name in error) described[name] = copyOf(Reflect.get(error, name), depth + 1, room);
  }
  if (error.stack !== undefined) described.stack = textIn(error.stack, room);
  if (depth >= deepest) return described;
  if (error.cause !== undefined) described.cause = copyOf(error.cause, depth + 1, room);
  if (error instanceof AggregateError) described.errors = copyOf(error.errors, depth + 1, room);
  return described;
}
