import { workflowExecutionKind } from '../api/names.ts';
import { deny, type Deny } from './verdict.ts';

/** What is known of the workflow of a new execution. */
export type WorkflowState = 'live' | 'settled' | 'deleting' | 'missing';

/** The denial of an execution whose workflow may run nothing, or undefined. */
export function workflowAccepts(workflow: string, namespace: string, state: WorkflowState): Deny | undefined {
  switch (state) {
    case 'live':
      return undefined;
    case 'missing': {
      const message =
        `There is no ${workflowExecutionKind.kind} "${workflow}" in namespace "${namespace}": ` +
        'create it before its executions.';
      return deny(422, 'Invalid', message, [
        { reason: 'WorkflowMissing', field: 'spec.workflowExecutionRef.name', message },
      ]);
    }
    case 'settled':
    case 'deleting': {
      const how = state === 'settled' ? 'has settled' : 'is being deleted';
      const message = `Workflow "${workflow}" ${how}: it gets no further executions.`;
      return deny(403, 'Forbidden', message, [{ reason: 'WorkflowIsOver', message }]);
    }
  }
}
