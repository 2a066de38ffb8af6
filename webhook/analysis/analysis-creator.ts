import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import type { PatchOperation } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { annotationPointer } from '../approval/mutate-workflow.ts';

/** Where the stamp stands. */
export const creatorField = `metadata.annotations[${approvalAnnotations.createdBy}]`;

/**
 * What makes a new analysis say who creates it, whatever its manifest says; nothing where it does. Its creator chooses the
 * account and the namespace of what will run, and the API server takes no status with a create, so this stands in an
 * annotation. A policy keeps it.
 */
export function creatorPatch({ object, userInfo }: AdmissionRequest): readonly PatchOperation[] {
  const [name, value] = [approvalAnnotations.createdBy, userInfo.username];
  const annotations = object?.metadata?.annotations;
  if (annotations?.[name] === value) return [];
  return annotations === undefined || annotations === null
    ? [{ op: 'add', path: '/metadata/annotations', value: { [name]: value } }]
    : [{ op: 'add', path: annotationPointer(name), value }];
}
