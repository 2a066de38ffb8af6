import { aiAnalysisKind } from '../names.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import type { ValidationRule } from './custom-resource-definition.ts';

/** What stepgate's promises need of one CustomResourceDefinition, whoever has installed it. */
export interface RequiredDefinition {
  /** Its name, `kubernetesexecutions.kubernetesexecution.kubernaut.io`. */
  readonly name: string;
  /** The version that must be served. */
  readonly version: string;
  /** Whether a cluster may do without the kind: then nobody analyses there, and the limit holds all the same. */
  readonly optional: boolean;
  /** JSON paths that field selectors must be able to use: by them the active ones are watched. */
  readonly selectableFields: readonly string[];
  /** CEL rules at the root of its schema: settled is for ever, and what was decided or approved never changes. */
  readonly rules: readonly ValidationRule[];
}

/** Made from the definitions that stepgate brings. A kind of which nothing but its existence is needed has empty lists. */
export function requiredDefinitions(): readonly RequiredDefinition[] {
  return customResourceDefinitions().map((definition) => {
    const { metadata, spec } = definition as unknown as OwnDefinition;
    const [version] = spec.versions;
    return {
      name: metadata.name,
      version: version.name,
      optional: spec.group === aiAnalysisKind.group,
      selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
      rules: version.schema.openAPIV3Schema['x-kubernetes-validations'] ?? [],
    };
  });
}

/** What `customResourceDefinition` makes, as far as it is read here. */
interface OwnDefinition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly versions: readonly [
      {
        readonly name: string;
        readonly selectableFields?: readonly { readonly jsonPath: string }[];
        readonly schema: {
          readonly openAPIV3Schema: { readonly 'x-kubernetes-validations'?: readonly ValidationRule[] };
        };
      },
    ];
  };
}
