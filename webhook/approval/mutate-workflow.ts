import { approvalAnnotations as names, type ApprovalAnnotation } from '../../src/api/approval-annotations.ts';
import type { Stamping } from '../../src/policy/approval/stamp-workflow.ts';
import { allowed, type PatchOperation, type Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { judgeWorkflow, type JudgeOptions } from './judge-workflow.ts';

/** Puts the stamps of a workflow in place, and refuses decisions that are not the user's to make. */
export function mutateWorkflow(options: JudgeOptions) {
  return async (request: AdmissionRequest): Promise<Verdict> => {
    const stamping = await judgeWorkflow(request, options);
    if (stamping === undefined) return allowed;
    if ('decision' in stamping) return stamping;
    const operations = stampingPatch(stamping, request.object?.metadata?.annotations);
    const { warnings } = stamping;
    return operations.length === 0
      ? { decision: 'allow', warnings }
      : { decision: 'patch', operations, warnings };
  };
}

/** What makes the annotations what they must be; nothing where they are. */
export function stampingPatch(
  { annotations: stamps }: Pick<Stamping, 'annotations'>,
  annotations: Readonly<Record<string, string>> | undefined,
): readonly PatchOperation[] {
  const entries = Object.entries(stamps).map(
    ([stamp, value]) => [names[stamp as ApprovalAnnotation], value] as const,
  );
  if (annotations === undefined) {
    const value = Object.fromEntries(entries.filter(([, text]) => text !== undefined));
    return Object.keys(value).length === 0 ? [] : [{ op: 'add', path: '/metadata/annotations', value }];
  }
  return entries.flatMap(([name, value]): PatchOperation[] => {
    const path = annotationPointer(name);
    const present = annotations[name];
    if (present === value) return [];
    return value === undefined ? [{ op: 'remove', path }] : [{ op: 'add', path, value }];
  });
}

/** Where an annotation stands, as a JSON pointer (RFC 6901). */
export function annotationPointer(name: string): string {
  return `/metadata/annotations/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
