import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';

/**
 * Work that is never done: the namespace has no ServiceAccount that might do it, and it is tried again and again. An
 * execution of it stays active, whatever controllers there are.
 */
export const vainWork = {
  action: 'update_configmap',
  parameters: { configmap: 'nothing', data: { done: 'true' } },
  maxRetries: 100,
};

/** A workflow whose one step the controller tries in vain: it never settles, and four of its slots are for others. */
export function makeStandingWorkflow(name: string): WorkflowExecution {
  return makeWorkflow(name).step(vainWork).build();
}
