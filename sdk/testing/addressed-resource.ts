/** What a path of the API server means. */
export interface AddressedResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Reads a path as `resourcePath` makes them; undefined for one that is about no resource. */
export function addressedResource(path: string): AddressedResource | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return undefined;
  const [group = '', version] = isCore ? ['', parts[1]] : [parts[1], parts[2]];
  const rest = parts.slice(isCore ? 2 : 3);
  if (version === undefined || rest.length === 0) return undefined;
  // `namespaces/x` and `namespaces/x/status` are about the namespace itself.
  const isInNamespace =
    rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] ?? '');
  const [plural = '', name, ...subresource] = isInNamespace ? rest.slice(2) : rest;
  return {
    group,
    version,
    plural,
    namespace: isInNamespace ? rest[1] : undefined,
    name,
    subresource: subresource.length === 0 ? undefined : subresource.join('/'),
  };
}

/** Kinds whose plural the rule below does not give. */
const irregular: Readonly<Record<string, string>> = { Endpoints: 'endpoints' };

/**
 * The plural of a kind in the API server's paths, as it is for all built-in kinds and for those of stepgate.
 * Source: apimachinery pkg/api/meta `UnsafeGuessKindToResource`.
 */
export function pluralOfKind(kind: string): string {
  const singular = kind.toLowerCase();
  const known = irregular[kind];
  if (known !== undefined) return known;
  if (/(?:s|x|z|ch|sh)$/.test(singular)) return `${singular}es`;
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`;
  return `${singular}s`;
}
