/** How deep a logged object is followed. */
const deepest = 6;
/** How many entries of one array are shown. */
const mostItems = 100;
/** How many characters of one string are shown. */
const mostCharacters = 8192;

const redacted = '[redacted]';

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

/**
 * A copy of what is to be logged that holds no secret and is no larger than it should be: values under secret
 * names and the data of Secrets are replaced, errors become plain objects, bytes their length.
 */
export function loggable(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return loggableError(value, depth);
  if (typeof value === 'string') return shortened(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return Array.isArray(value) ? '[array]' : '[object]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => loggable(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return loggable([...value], depth);
  const isSecret = 'kind' in value && value.kind === 'Secret';
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecretName(name) || (isSecret && (name === 'data' || name === 'stringData'))
        ? redacted
        : loggable(item, depth + 1),
    ]),
  );
}

/**
 * A Secret may be logged in pieces or inside of text, under any name: this finds what gives itself away. To be
 * used on a line of JSON, where line breaks are escaped.
 */
export function withoutSecrets(line: string): string {
  return line
    .replaceAll(/-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^"]*?(-----END \1PRIVATE KEY-----|(?="))/g, redacted)
    .replaceAll(/\bBearer [\w.~+/=-]{16,}/gi, `Bearer ${redacted}`)
    .replaceAll(/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, redacted)
    .replaceAll(/\bLS0tLS1CRUdJTi[\w+/=]{16,}/g, redacted);
}

function shortened(text: string): string {
  return text.length <= mostCharacters
    ? text
    : `${text.slice(0, mostCharacters)}… (${text.length} characters)`;
}

function isSecretName(name: string): boolean {
  return secretNames.has(name.toLowerCase().replaceAll(/[-_.]/g, ''));
}

/** What an error says, and nothing that others hung on it: clients of HTTP hang the request on it, header and all. */
function loggableError(error: Error, depth: number): unknown {
  const described: Record<string, unknown> = { type: error.name, message: shortened(error.message) };
  for (const name of ['code', 'reason', 'status'] as const) {
    if (name in error) described[name] = loggable(Reflect.get(error, name), depth + 1);
  }
  if (error.stack !== undefined) described.stack = shortened(error.stack);
  if (depth >= deepest) return described;
  if (error.cause !== undefined) described.cause = loggable(error.cause, depth + 1);
  if (error instanceof AggregateError) described.errors = loggable(error.errors, depth + 1);
  return described;
}
