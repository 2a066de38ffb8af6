import { z } from 'zod';
import type { ResourceKind } from '../names.ts';
import type { SchemaObject } from './structural-schema.ts';
import { toStructuralSchema, withoutUndefined } from './structural-schema.ts';

/** A column that `kubectl get` prints. `priority` 1 shows it with `-o wide` alone. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean';
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: number;
}

/** A CEL rule of a schema. Source: apiextensions/v1 ValidationRule. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  readonly reason?:
    'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
  readonly fieldPath?: string;
}

/** What a kind needs to be told to an API server. */
export interface CustomResource {
  readonly kind: ResourceKind;
  readonly shortNames?: readonly string[];
  readonly schema: z.ZodType;
  /**
   * Rules of the whole object. They must be transition rules (of `oldSelf`): any other would be asked at every
   * update of the object, and would block an older object from settling.
   */
  readonly transitionRules?: readonly ValidationRule[];
  readonly printerColumns: readonly PrinterColumn[];
  /** Paths that field selectors may use (KEP-4358). */
  readonly selectableFields?: readonly string[];
  /** Whether status is a subresource of its own. */
  readonly status: boolean;
}

const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** The CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind. */
export function customResourceDefinition(resource: CustomResource): SchemaObject {
  const { kind } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}`, labels: { 'app.kubernetes.io/name': 'stepgate' } },
    spec: {
      group: kind.group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        ...(resource.shortNames && { shortNames: resource.shortNames }),
      },
      scope: 'Namespaced',
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: objectSchema(resource) },
          ...(resource.status && { subresources: { status: {} } }),
          ...(resource.selectableFields && {
            selectableFields: resource.selectableFields.map((jsonPath) => ({ jsonPath })),
          }),
          additionalPrinterColumns: [...resource.printerColumns, ageColumn],
        },
      ],
    },
  };
}

function objectSchema(resource: CustomResource): unknown {
  const jsonSchema = z.toJSONSchema(resource.schema, { io: 'input', reused: 'inline' });
  const structural = toStructuralSchema(jsonSchema);
  const properties = structural['properties'] as SchemaObject;
  return withoutUndefined({
    ...structural,
    // The API server knows what metadata is, and lets a CRD say of it only that it is an object.
    properties: { ...properties, metadata: { type: 'object' } },
    required: (structural['required'] as readonly string[]).filter((field) => field !== 'metadata'),
    ...(resource.transitionRules && { 'x-kubernetes-validations': resource.transitionRules }),
  });
}
