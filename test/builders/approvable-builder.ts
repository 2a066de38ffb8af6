import { approvalAnnotations, type ApprovalAnnotation } from '../../src/api/approval-annotations.ts';
import type { ApprovableWorkflow } from '../../src/policy/approval/workflow-approval.ts';

/** Annotations of approval by their short names. */
export type ApprovalNotes = Readonly<Partial<Record<ApprovalAnnotation, string | undefined>>>;

/** A hash of a spec: the same letter, the same spec. */
export function hashOf(letter: string): string {
  return `sha256:${letter.repeat(64)}`;
}

/** A workflow of twelve steps in namespace `shop` with these annotations of approval. */
export function makeApprovable(
  notes: ApprovalNotes = {},
  changes: Partial<Omit<ApprovableWorkflow, 'annotations'>> = {},
): ApprovableWorkflow {
  return {
    namespace: 'shop',
    name: 'big',
    specHash: hashOf('a'),
    stepCount: 12,
    deleting: false,
    settled: false,
    ...changes,
    annotations: annotationsOf(notes),
  };
}

/** The same by their full names. */
export function annotationsOf(notes: ApprovalNotes): Record<string, string> {
  return Object.fromEntries(
    Object.entries(notes).flatMap(([note, value]) =>
      value === undefined ? [] : [[approvalAnnotations[note as ApprovalAnnotation], value]],
    ),
  );
}
