import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { parseAdmissionReview, type AdmissionRequest } from '../../webhook/admission/admission-review.ts';
import { makeAdmissionReviewBytes } from './admission-review-builder.ts';
import { annotationsOf, type ApprovalNotes } from './approvable-builder.ts';
import { makeWorkflow, type WorkflowBuilder } from './workflow-builder.ts';

/** A workflow of twelve steps. */
export const bigWorkflow: WorkflowBuilder = makeWorkflow('big').inNamespace('shop').uid('uid-1').steps(12);

/** A write of a workflow, by `ann` unless told otherwise. */
export interface WorkflowWrite {
  readonly user?: string;
  /** Absent: it is created. */
  readonly before?: ApprovalNotes;
  readonly after?: ApprovalNotes;
  /** The workflow before and as it is written; a big one unless told otherwise. */
  readonly old?: WorkflowBuilder;
  readonly written?: WorkflowBuilder;
  readonly dryRun?: boolean;
}

/** The request that the API server sends about a write. */
export function reviewWorkflow(write: WorkflowWrite = {}): AdmissionRequest {
  const {
    user = 'ann',
    before,
    after = {},
    old = bigWorkflow,
    written = bigWorkflow,
    dryRun = false,
  } = write;
  return parseAdmissionReview(
    makeAdmissionReviewBytes({
      kind: { group: 'workflowexecution.kubernaut.io', version: 'v1alpha1', kind: 'WorkflowExecution' },
      name: 'big',
      namespace: 'shop',
      operation: before === undefined ? 'CREATE' : 'UPDATE',
      userInfo: { username: user, uid: 'u', groups: ['approvers'], extra: {} },
      object: annotated(written, after),
      oldObject: before === undefined ? null : annotated(old, before),
      dryRun,
    }),
  );
}

function annotated(builder: WorkflowBuilder, notes: ApprovalNotes): object {
  return Object.entries(annotationsOf(notes))
    .reduce((workflow, [key, value]) => workflow.annotate(key, value), builder)
    .build();
}

/** The notes that a JSON patch of annotations leaves. */
export function patched(
  notes: ApprovalNotes,
  operations: readonly { readonly op: string; readonly path: string; readonly value?: unknown }[],
): Record<string, string> {
  const annotations = annotationsOf(notes);
  for (const { op, path, value } of operations) {
    if (path === '/metadata/annotations') Object.assign(annotations, value);
    else {
      const name = path.slice('/metadata/annotations/'.length).replaceAll('~1', '/').replaceAll('~0', '~');
      if (op === 'remove') delete annotations[name];
      else annotations[name] = String(value);
    }
  }
  const shortNames = Object.entries(approvalAnnotations).map(
    ([short, name]) => [short, annotations[name]] as const,
  );
  return Object.fromEntries(
    shortNames.filter((entry): entry is [keyof typeof approvalAnnotations, string] => entry[1] !== undefined),
  );
}
