import { describe, expect, it } from 'vitest';
import { kubernetesExecutionSchema } from '../../src/api/kubernetes-execution.ts';
import { normaliseWorkflow } from '../../src/api/normalised-workflow.ts';
import { gateExecution } from '../../src/policy/approval/gate-execution.ts';
import { identifyWorkflow } from '../../src/policy/workflow-identity.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import {
  buildActionRollback,
  buildExecution,
  buildRollback,
  type ExecutableStep,
} from './build-execution.ts';

const step: ExecutableStep = {
  stepNumber: 2,
  action: 'scale_deployment',
  parameters: { replicas: '3' },
  maxRetries: 2,
  timeoutSeconds: 90,
  targetCluster: 'east',
};
const workflow = {
  metadata: { name: 'restart', namespace: 'shop', uid: 'u1' },
  spec: { serviceAccountName: 'runner' },
};

describe('buildExecution', () => {
  it('names its workflow in every way that admission knows', () => {
    const { metadata, spec } = buildExecution(workflow, step);
    expect(metadata).toEqual({
      name: 'restart-step-2',
      namespace: 'shop',
      labels: { workflow: 'restart' },
      ownerReferences: [
        {
          apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
          kind: 'WorkflowExecution',
          name: 'restart',
          uid: 'u1',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
    expect(spec).toEqual({
      workflowExecutionRef: { name: 'restart' },
      stepNumber: 2,
      action: 'scale_deployment',
      parameters: { replicas: '3' },
      maxRetries: 2,
      timeout: '90s',
      targetCluster: 'east',
      serviceAccountName: 'runner',
    });
  });

  it('names a workflow that is too long for a label by the annotation', () => {
    const name = 'w'.repeat(253);
    const execution = buildExecution({ metadata: { ...workflow.metadata, name } }, step);
    expect(execution.metadata.labels).toBeUndefined();
    expect(execution.metadata.annotations).toEqual({ 'kubernaut.io/workflow': name });
    const marks = { ...execution.metadata, ...execution.spec, namespace: 'shop' };
    expect(identifyWorkflow(marks)).toEqual({ workflow: name });
  });

  it('takes the step of a spec as it is written', () => {
    const written = { stepNumber: 1, action: 'drain_node', timeout: '1h30m' };
    const { spec } = buildExecution({ metadata: { name: 'w' } }, written);
    expect(spec).toEqual({
      workflowExecutionRef: { name: 'w' },
      stepNumber: 1,
      action: 'drain_node',
      parameters: {},
      timeout: '1h30m',
    });
  });

  it('is what the schema takes, and what the gate has approved', () => {
    const made = makeWorkflow('big')
      .withSpec({ serviceAccountName: 'runner' })
      .steps(12, {
        targetCluster: 'east',
        timeout: '1m30s',
        maxRetries: 1,
        rollbackSpec: { action: 'undo', parameters: { at: 1 }, timeout: '5s' },
      })
      .build();
    const { steps } = normaliseWorkflow(made.spec);
    const gated = {
      namespace: 'shop',
      name: 'big',
      specHash: 'h',
      stepCount: 12,
      steps,
      serviceAccountName: 'runner',
      deleting: false,
      settled: false,
      annotations: {
        'kubernaut.io/approved': 'true',
        'kubernaut.io/approved-by': 'ann',
        'kubernaut.io/approved-spec': 'h',
      },
    };
    for (const each of steps) {
      if (each.rollback === undefined) throw new Error('the step has a rollback');
      const executions = [
        buildExecution(made, each),
        buildRollback(made, each, each.rollback),
        buildActionRollback(made, each, `big-step-${each.stepNumber}`),
      ];
      for (const execution of executions) {
        expect(kubernetesExecutionSchema.safeParse(execution).success).toBe(true);
        const { stepNumber, action, parameters = {}, targetCluster, serviceAccountName } = execution.spec;
        const content = { stepNumber, action, parameters, targetCluster, serviceAccountName };
        expect(gateExecution(content, gated, 10)).toEqual({ step: String(stepNumber) });
      }
    }
  });
});

describe('buildRollback', () => {
  it('undoes a step by another action', () => {
    const rollback = { action: 'undo', parameters: { at: 1 }, timeoutSeconds: 5 };
    const { metadata, spec } = buildRollback(workflow, step, rollback);
    expect(metadata.name).toBe('restart-step-2-rollback');
    expect(spec).toMatchObject({ stepNumber: 2, action: 'undo', parameters: { at: 1 }, timeout: '5s' });
    expect(spec.targetCluster).toBe('east');
    expect(spec.maxRetries).toBeUndefined();
  });
});

describe('buildActionRollback', () => {
  it('says which execution is undone', () => {
    const { metadata, spec } = buildActionRollback(workflow, step, 'restart-step-2');
    expect(metadata.name).toBe('restart-step-2-rollback');
    expect(metadata.annotations).toEqual({ 'kubernaut.io/rollback-of': 'restart-step-2' });
    expect(spec).toEqual(buildExecution(workflow, step).spec);
  });
});
