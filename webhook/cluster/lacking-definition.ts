import type { RequiredDefinition } from '../../src/api/manifests/required-definitions.ts';

/** A CustomResourceDefinition as it is stored, as far as it is read here. Source: apiextensions/v1. */
export interface StoredDefinition {
  readonly spec: { readonly versions: readonly StoredVersion[] };
}

interface StoredVersion {
  readonly name: string;
  readonly served: boolean;
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
  readonly schema?: { readonly openAPIV3Schema?: StoredSchema };
}

interface StoredSchema {
  readonly properties?: Readonly<Record<string, StoredSchema>>;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string }[];
}

/**
 * What a definition that somebody else has installed lacks, in a sentence with the command that adds it; undefined for
 * one that has all that is required, whatever else it says.
 */
export function lackOf(required: RequiredDefinition, { spec }: StoredDefinition): string | undefined {
  const subject = `the CustomResourceDefinition ${required.name}`;
  const index = spec.versions.findIndex(({ name }) => name === required.version);
  const version = spec.versions[index];
  if (version?.served !== true) return `${subject} does not serve ${required.version}`;
  const schema = version.schema?.openAPIV3Schema;

  const present = new Set(version.selectableFields?.map(({ jsonPath }) => jsonPath));
  const fields = required.selectableFields.filter((path) => !present.has(path));
  const kept = new Set(schema?.['x-kubernetes-validations']?.map(({ rule }) => rule));
  const rules = required.rules.filter(({ rule }) => !kept.has(rule));
  if (fields.length === 0 && rules.length === 0) return undefined;

  const lacks = [
    ...(fields.length === 0 ? [] : [`the selectableFields ${fields.join(', ')}`]),
    ...(rules.length === 0 ? [] : [`${rules.length} CEL rules (${rules.map(subjectOf).join(', ')})`]),
  ].join(' and ');
  const paths = [...fields, ...rules.map(({ fieldPath = '' }) => fieldPath)];
  const undeclared = [...new Set(paths)].filter((path) => !isDeclared(path, schema));
  const first = undeclared.length === 0 ? '' : `Its schema must first declare ${undeclared.join(', ')}. `;
  const at = `/spec/versions/${index}`;
  const patch = [
    // Versions are named by their place: the patch must not hit another one.
    { op: 'test', path: `${at}/name`, value: required.version },
    ...additions(
      `${at}/selectableFields`,
      version.selectableFields !== undefined,
      fields.map((jsonPath) => ({ jsonPath })),
    ),
    ...additions(
      `${at}/schema/openAPIV3Schema/x-kubernetes-validations`,
      schema?.['x-kubernetes-validations'] !== undefined,
      rules,
    ),
  ];
  return `${subject} lacks ${lacks}, on which the promises of stepgate rest. ${first}Add them: ${command(required.name, patch)}`;
}

/** Operations that put values behind those of a list, or make the list. */
function additions(path: string, exists: boolean, values: readonly object[]): readonly object[] {
  if (values.length === 0) return [];
  if (!exists) return [{ op: 'add', path, value: values }];
  return values.map((value) => ({ op: 'add', path: `${path}/-`, value }));
}

/** An apostrophe, which CEL is full of, would end the shell's quotes; JSON can write it in another way. */
function command(name: string, patch: readonly object[]): string {
  const json = JSON.stringify(patch).replaceAll("'", String.raw`\u0027`);
  return `kubectl patch customresourcedefinition ${name} --type=json --patch='${json}'`;
}

function subjectOf({
  fieldPath,
  message,
}: {
  readonly fieldPath?: string;
  readonly message: string;
}): string {
  return fieldPath ?? message;
}

/** Whether a schema says of a path such as `.status.phase` that there is such a field. */
function isDeclared(path: string, schema: StoredSchema | undefined): boolean {
  let current = schema;
  for (const field of path.split('.').filter((each) => each !== '')) current = current?.properties?.[field];
  return current !== undefined;
}
