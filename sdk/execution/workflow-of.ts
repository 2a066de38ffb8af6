import { identifyWorkflow } from '../../src/policy/workflow-identity.ts';
import type { StoredExecution } from './stored-execution.ts';

/** Name of the workflow that an execution belongs to; undefined where it names none, or two. */
export function workflowOf({ metadata, spec }: StoredExecution): string | undefined {
  const identity = identifyWorkflow({
    labels: metadata.labels,
    annotations: metadata.annotations,
    ownerReferences: metadata.ownerReferences,
    workflowExecutionRef: spec?.workflowExecutionRef,
    namespace: metadata.namespace ?? '',
  });
  return 'workflow' in identity ? identity.workflow : undefined;
}
