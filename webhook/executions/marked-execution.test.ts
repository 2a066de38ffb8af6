import { expect, it } from 'vitest';
import { identifyWorkflow } from '../../src/policy/workflow-identity.ts';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import { markedExecution } from './marked-execution.ts';

it('finds every mark by which a workflow is known', () => {
  const execution = makeExecution('step').of('restart').annotate('kubernaut.io/workflow', 'restart');
  expect(
    markedExecution(execution.ownedBy('restart').referringTo('restart', 'shop').build(), 'shop'),
  ).toEqual({
    namespace: 'shop',
    labels: { workflow: 'restart' },
    annotations: { 'kubernaut.io/workflow': 'restart' },
    ownerReferences: [
      {
        apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
        kind: 'WorkflowExecution',
        name: 'restart',
        controller: true,
      },
    ],
    workflowExecutionRef: { name: 'restart', namespace: 'shop' },
  });
});

it.each([
  ['no metadata', {}],
  ['no spec', { metadata: {}, spec: null }],
  ['a spec that is none', { spec: 'restart' }],
  ['a reference that is none', { spec: { workflowExecutionRef: 'restart' } }],
  ['a name that is no text', { spec: { workflowExecutionRef: { name: 5, namespace: ['shop'] } } }],
  ['an owner that says nothing', { metadata: { ownerReferences: [{}] } }],
  [
    'a controller that is only almost one',
    { metadata: { ownerReferences: [{ kind: 'WorkflowExecution', name: 'restart', controller: 'true' }] } },
  ],
])('finds nothing in %s, and does not stumble', (_, execution) => {
  expect(identifyWorkflow(markedExecution(execution, 'shop'))).toMatchObject({
    causes: [{ reason: 'WorkflowRequired' }],
  });
});
