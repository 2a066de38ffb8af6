/** Every key in a JSON value, at any depth. */
export function flatKeys(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(flatKeys);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...flatKeys(inner)]);
}
