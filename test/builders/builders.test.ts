import { describe, expect, it } from 'vitest';
import { kubernetesExecutionSchema } from '../../src/api/kubernetes-execution.ts';
import { workflowExecutionSchema } from '../../src/api/workflow-execution.ts';
import { makeExecution } from './execution-builder.ts';
import { makeWorkflow } from './workflow-builder.ts';

describe('makeWorkflow', () => {
  it('builds what the schema accepts, in either shape', () => {
    const builder = makeWorkflow('w')
      .inNamespace('n')
      .steps(3)
      .chain(2)
      .withSpec({ paused: true })
      .phase('executing');
    for (const workflow of [builder.build(), builder.asDefinition().build()]) {
      expect(workflowExecutionSchema.parse(workflow)).toEqual(workflow);
    }
    expect(builder.build().spec.steps?.at(-1)).toMatchObject({ stepNumber: 5, dependencies: ['4'] });
  });

  it('can be shared half-built: no builder changes another, nor what it built', () => {
    const shared = makeWorkflow('w').steps(1);
    const built = shared.build();
    shared.steps(5).label('a', 'b').asDefinition();
    built.metadata.labels = { c: 'd' };
    expect(shared.build()).toEqual(makeWorkflow('w').steps(1).build());
  });
});

describe('makeExecution', () => {
  it('builds what the schema accepts', () => {
    const execution = makeExecution('w-step-2')
      .inNamespace('n')
      .of('w')
      .referringTo('w')
      .ownedBy('w')
      .step(2)
      .build();
    expect(kubernetesExecutionSchema.parse(execution)).toEqual(execution);
    expect(execution.metadata.labels).toEqual({ workflow: 'w' });
  });

  it('names a long workflow by the annotation', () => {
    const { metadata } = makeExecution('x').of('w'.repeat(64)).build();
    expect(metadata).toMatchObject({ annotations: { 'kubernaut.io/workflow': 'w'.repeat(64) } });
  });
});
