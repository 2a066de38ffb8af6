import { expect, it } from 'vitest';
import { workflowAccepts } from './workflow-state.ts';

it('lets a live workflow have executions', () => {
  expect(workflowAccepts('restart', 'shop', 'live')).toBeUndefined();
});

it('refuses the execution of a workflow that does not exist, and says where it was looked for', () => {
  const message =
    'There is no WorkflowExecution "restart" in namespace "shop": create it before its executions.';
  expect(workflowAccepts('restart', 'shop', 'missing')).toMatchObject({
    code: 422,
    reason: 'Invalid',
    message,
    causes: [{ reason: 'WorkflowMissing', field: 'spec.workflowExecutionRef.name', message }],
  });
});

it.each([
  ['settled', 'has settled'],
  ['deleting', 'is being deleted'],
] as const)('refuses the execution of a workflow that is %s', (state, how) => {
  const message = `Workflow "restart" ${how}: it gets no further executions.`;
  expect(workflowAccepts('restart', 'shop', state)).toMatchObject({
    code: 403,
    reason: 'Forbidden',
    message,
    causes: [{ reason: 'WorkflowIsOver', message }],
  });
});
