/** Objects and lists may be nested so deep. Past it, comparing could exhaust the stack. */
const depthMaximum = 500;

/**
 * JSON without blanks, keys of every object in the order of their UTF-16 code units, and without absent values.
 * Strings and numbers are written as `JSON.stringify` writes them.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/**
 * Why a value cannot be compared with another exactly, or undefined: whole numbers that a double rounds, so that
 * two of them look the same; the key `__proto__`, which parsers of JavaScript leave out; a nesting too deep.
 */
export function inexactness(value: unknown): string | undefined {
  const pending: { readonly part: unknown; readonly depth: number }[] = [{ part: value, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { part, depth } = next;
    if (typeof part === 'number' && Math.abs(part) > Number.MAX_SAFE_INTEGER)
      return `the number ${part} may have lost digits: write it as a string`;
    if (typeof part !== 'object' || part === null) continue;
    if (depth === depthMaximum) return `it is nested deeper than ${depthMaximum} levels`;
    if (Object.hasOwn(part, '__proto__')) return 'it has a key __proto__';
    for (const member of Object.values(part)) pending.push({ part: member, depth: depth + 1 });
  }
  return undefined;
}
