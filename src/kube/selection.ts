import type { ResourceKind } from '../api/names.ts';
import { resourcePath } from './resource-path.ts';

/** Which objects of one kind are listed or watched. */
export interface Selection {
  readonly kind: ResourceKind;
  /** Absent: those of all namespaces. */
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** True: the API server sends `PartialObjectMetadata`, nothing but the metadata. */
  readonly metadataOnly?: boolean | undefined;
}

/** The parts of a request that say which objects are meant. */
export function selectionRequest(selection: Selection): {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
} {
  const { kind, namespace, fieldSelector, labelSelector } = selection;
  return {
    path: resourcePath(kind, { namespace }),
    query: {
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    },
  };
}

/** The Accept header of a list or of a watch. Source: "Receiving resources as metadata", API concepts. */
export function acceptHeader(selection: Selection, answer: 'list' | 'watch'): string {
  if (selection.metadataOnly !== true) return 'application/json';
  const shape = answer === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return `application/json;as=${shape};g=meta.k8s.io;v=v1`;
}
