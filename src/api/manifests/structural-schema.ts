/**
 * JSON Schema (draft 2020-12, as zod writes it) to the structural schema of a CRD: a subset of OpenAPI v3
 * with Kubernetes' own extensions.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */

/** A schema on its way: any JSON object. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** A schema says something that a structural schema cannot. `path` is where, for example `spec.steps[]`. */
export class StructuralSchemaError extends Error {
  readonly code = 'StructuralSchema';
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path || 'the root'}: ${problem}`);
    this.name = 'StructuralSchemaError';
    this.path = path;
  }
}

/** Any value at all, null included, kept as it is. */
export const anyValue: SchemaObject = { 'x-kubernetes-preserve-unknown-fields': true, nullable: true };

/** Keywords that mean the same in both worlds. */
const plainKeywords = [
  'description',
  'type',
  'format',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'required',
];

/** Keywords that say nothing here: `propertyNames` is a string's for every JSON object, `$defs` are of use to `$ref` alone. */
const silentKeywords = ['$schema', '$defs', 'title', 'id', 'propertyNames'];

/** Keywords that are treated one by one below. */
const treatedKeywords = ['properties', 'additionalProperties', 'items', 'const'];

const knownKeywords = new Set([...plainKeywords, ...silentKeywords, ...treatedKeywords]);

/**
 * The structural schema that accepts what `schema` accepts. Objects that allow unknown fields keep them;
 * objects that do not are pruned by the API server, so `additionalProperties: false` is left out.
 * @throws {StructuralSchemaError} for references, unions of other than null or int-or-string, and unknown keywords
 */
export function toStructuralSchema(schema: SchemaObject, path = ''): SchemaObject {
  const union = membersOf(schema);
  if (union !== undefined) return fromUnion(union, path);
  if (isUnconstrained(schema)) return { ...pick(schema, ['description']), ...anyValue };
  refuseUnknownKeywords(schema, path);
  return {
    ...pick(schema, plainKeywords),
    ...constant(schema),
    ...withoutDefaultBounds(schema),
    ...withoutFormatsPattern(schema),
    ...children(schema, path),
    ...extensions(schema),
  };
}

/** `undefined` values stand for keywords that were taken away; they must not reach YAML. */
export function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

interface Union {
  readonly members: readonly SchemaObject[];
  /** What the schema says beside its members. */
  readonly rest: SchemaObject;
}

/** zod writes a union as anyOf, or, where its members are plain types, as a list of types. */
function membersOf(schema: SchemaObject): Union | undefined {
  const { anyOf, type, ...rest } = schema;
  if (Array.isArray(anyOf)) return { members: anyOf as readonly SchemaObject[], rest };
  if (Array.isArray(type)) return { members: type.map((each) => ({ type: each as unknown })), rest };
  return undefined;
}

function fromUnion({ members, rest }: Union, path: string): SchemaObject {
  const valued = members.filter((member) => member['type'] !== 'null');
  const [only, other] = valued;
  const nullable = valued.length < members.length ? { nullable: true } : {};
  if (only !== undefined && other === undefined) {
    return { ...toStructuralSchema({ ...only, ...rest }, path), ...nullable };
  }
  const types = valued.map((member) => String(member['type'])).sort();
  if (types.join() === 'integer,string') {
    return { ...pick(rest, ['description']), 'x-kubernetes-int-or-string': true, ...nullable };
  }
  throw new StructuralSchemaError(path, `a structural schema has no union of ${types.join(' and ')}`);
}

function refuseUnknownKeywords(schema: SchemaObject, path: string): void {
  for (const keyword of Object.keys(schema)) {
    if (!knownKeywords.has(keyword) && !keyword.startsWith('x-kubernetes-')) {
      throw new StructuralSchemaError(path, `a structural schema has no keyword ${keyword}`);
    }
  }
}

function children(schema: SchemaObject, path: string): SchemaObject {
  const properties = schema['properties'] as Readonly<Record<string, SchemaObject>> | undefined;
  const additional = schema['additionalProperties'] as SchemaObject | boolean | undefined;
  const items = schema['items'] as SchemaObject | undefined;
  const open = additional !== undefined && additional !== false;
  return {
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [
          name,
          toStructuralSchema(child, path === '' ? name : `${path}.${name}`),
        ]),
      ),
    }),
    ...(open && (properties ? keepUnknown(additional, path) : mapOf(additional, path))),
    ...(items && { items: toStructuralSchema(items, `${path}[]`) }),
  };
}

/** Beside named properties, `additionalProperties` is forbidden; keeping whatever comes is allowed. */
function keepUnknown(additional: SchemaObject | true, path: string): SchemaObject {
  if (additional !== true && !isUnconstrained(additional)) {
    throw new StructuralSchemaError(path, 'properties and typed additionalProperties exclude each other');
  }
  return { 'x-kubernetes-preserve-unknown-fields': true };
}

/**
 * A map keeps its element schema even where any value goes: CEL compares two objects that merely preserve unknown
 * fields by the fields they share (a renamed key goes unnoticed), but two maps key by key.
 * Source: k8s.io/apiserver pkg/cel/common `unstructuredMap.Equal`.
 */
function mapOf(additional: SchemaObject | true, path: string): SchemaObject {
  return {
    additionalProperties: additional === true ? anyValue : toStructuralSchema(additional, `${path}{}`),
  };
}

function constant(schema: SchemaObject): SchemaObject {
  if (!('const' in schema)) return {};
  const value = schema['const'];
  return { ...(Number.isInteger(value) && { type: 'integer' }), enum: [value] };
}

/** zod bounds every integer by what a double can hold; a rule that nobody wrote is not worth its line. */
function withoutDefaultBounds(schema: SchemaObject): SchemaObject {
  return {
    ...(schema['minimum'] === Number.MIN_SAFE_INTEGER && { minimum: undefined }),
    ...(schema['maximum'] === Number.MAX_SAFE_INTEGER && { maximum: undefined }),
  };
}

/** The API server checks a date-time by its format; zod's pattern for it is 400 characters of the same. */
function withoutFormatsPattern(schema: SchemaObject): SchemaObject {
  return schema['format'] === 'date-time' ? { pattern: undefined } : {};
}

function extensions(schema: SchemaObject): SchemaObject {
  return Object.fromEntries(
    Object.entries(schema).filter(([keyword]) => keyword.startsWith('x-kubernetes-')),
  );
}

function isUnconstrained(schema: SchemaObject): boolean {
  return Object.keys(schema).every(
    (keyword) => keyword === 'description' || silentKeywords.includes(keyword),
  );
}

function pick(schema: SchemaObject, keywords: readonly string[]): SchemaObject {
  return Object.fromEntries(
    keywords.filter((keyword) => keyword in schema).map((keyword) => [keyword, schema[keyword]]),
  );
}
