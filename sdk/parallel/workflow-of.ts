import { identifyWorkflow } from '../../src/policy/workflow-identity.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';

/** An execution as far as it says whose it is. */
export interface IdentifiedExecution extends KubeObject {
  readonly spec?:
    | {
        readonly workflowExecutionRef?:
          { readonly name?: string | undefined; readonly namespace?: string | undefined } | null | undefined;
      }
    | undefined;
}

/** Name of the workflow that the execution belongs to, in its namespace; undefined where it names none, or two. */
export function workflowOf({ metadata, spec }: IdentifiedExecution): string | undefined {
  const identity = identifyWorkflow({
    namespace: metadata.namespace ?? '',
    labels: metadata.labels,
    annotations: metadata.annotations,
    ownerReferences: metadata.ownerReferences,
    workflowExecutionRef: spec?.workflowExecutionRef,
  });
  return 'workflow' in identity ? identity.workflow : undefined;
}
