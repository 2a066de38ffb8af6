import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import type { ExecutionBuilder } from '../../test/builders/execution-builder.ts';
import type { WorkflowMarks } from './workflow-identity.ts';
import { identifyWorkflow } from './workflow-identity.ts';

const anyExecution = makeExecution('x').inNamespace('shop');

function marksOf(builder: ExecutionBuilder): WorkflowMarks {
  const { metadata, spec } = builder.build();
  return { ...metadata, namespace: 'shop', workflowExecutionRef: spec.workflowExecutionRef };
}

const identify = (builder: ExecutionBuilder) => identifyWorkflow(marksOf(builder));

describe('identifyWorkflow', () => {
  const longName = 'w'.repeat(253);

  it.each<[string, ExecutionBuilder, string]>([
    ['the label', anyExecution.of('w'), 'w'],
    ['the annotation', anyExecution.of(longName), longName],
    ['the reference', anyExecution.referringTo('w'), 'w'],
    ['a reference with its own namespace', anyExecution.referringTo('w', 'shop'), 'w'],
    ['a reference with an empty namespace', anyExecution.referringTo('w', ''), 'w'],
    ['the controller owner', anyExecution.ownedBy('w'), 'w'],
    [
      'all of them',
      anyExecution.of('w').annotate('kubernaut.io/workflow', 'w').referringTo('w').ownedBy('w'),
      'w',
    ],
    ['a label beside an empty reference, as Go clients send it', anyExecution.of('w').referringTo(''), 'w'],
    ['a label beside an owner that is no controller', anyExecution.of('w').ownedBy('other', 'u', false), 'w'],
  ])('finds the workflow by %s', (_, execution, workflow) => {
    expect(identify(execution)).toEqual({ workflow });
  });

  it('takes an owner of any version of the group, and of no other group', () => {
    const owner = { kind: 'WorkflowExecution', name: 'w', controller: true };
    const owned = (apiVersion: string): WorkflowMarks => ({
      namespace: 'shop',
      ownerReferences: [{ ...owner, apiVersion }],
    });
    expect(identifyWorkflow(owned('workflowexecution.kubernaut.io/v2'))).toEqual({ workflow: 'w' });
    expect(identifyWorkflow(owned('workflowexecution.kubernaut.io.evil/v1'))).toMatchObject({
      decision: 'deny',
    });
    expect(identifyWorkflow(owned('v1'))).toMatchObject({ decision: 'deny' });
  });

  it('denies an execution that names none', () => {
    expect(identify(anyExecution)).toEqual({
      decision: 'deny',
      code: 422,
      reason: 'Invalid',
      message: expect.stringContaining('The execution names no workflow'),
      causes: [
        {
          reason: 'WorkflowRequired',
          field: 'metadata.labels',
          message:
            'The execution names no workflow: set the label workflow, spec.workflowExecutionRef.name or a controller ' +
            'ownerReference of kind WorkflowExecution.',
        },
      ],
    });
  });

  it('takes null for absence, as a mutating webhook may meet it', () => {
    const marks = {
      namespace: 'shop',
      labels: null,
      annotations: null,
      ownerReferences: null,
      workflowExecutionRef: null,
    };
    expect(identifyWorkflow(marks)).toMatchObject({ causes: [{ reason: 'WorkflowRequired' }] });
  });

  it('names both fields and values where two disagree', () => {
    expect(identify(anyExecution.of('w').referringTo('v'))).toMatchObject({
      code: 422,
      causes: [
        {
          reason: 'WorkflowsDisagree',
          field: 'metadata.labels[workflow]',
          message:
            'The execution names two workflows: spec.workflowExecutionRef.name says "v", metadata.labels[workflow] says "w".',
        },
      ],
    });
  });

  it('says where the owner is that disagrees', () => {
    const owned = anyExecution.ownedBy('bystander', 'u', false).ownedBy('v').of('w');
    expect(identify(owned)).toMatchObject({
      causes: [{ message: expect.stringContaining('metadata.ownerReferences[1].name says "v"') as string }],
    });
  });

  it('denies a reference to another namespace, even where the name agrees', () => {
    expect(identify(anyExecution.of('w').referringTo('w', 'elsewhere'))).toMatchObject({
      code: 422,
      causes: [{ reason: 'WorkflowElsewhere', field: 'spec.workflowExecutionRef.namespace' }],
    });
  });

  it.each(['W', 'a_b', '-a', 'a.', 'a..b', 'a b', 'ä', 'w'.repeat(254), 'a\n', '../a'])(
    'denies %j, which no workflow can be called',
    (name) => {
      expect(identify(anyExecution.referringTo(name))).toMatchObject({
        code: 422,
        causes: [{ reason: 'WorkflowNameInvalid', field: 'spec.workflowExecutionRef.name' }],
      });
    },
  );

  it('keeps its message short, however long the value is', () => {
    const verdict = identify(anyExecution.annotate('kubernaut.io/workflow', 'W'.repeat(200_000)));
    expect(JSON.stringify(verdict).length).toBeLessThan(2_000);
  });

  it('finds the one name in whatever combination of places, and denies any two', () => {
    const place = fc.constantFrom<((execution: ExecutionBuilder, name: string) => ExecutionBuilder)[]>(
      (execution, name) => execution.label('workflow', name),
      (execution, name) => execution.annotate('kubernaut.io/workflow', name),
      (execution, name) => execution.referringTo(name),
      (execution, name) => execution.ownedBy(name),
    );
    const places = fc.uniqueArray(fc.tuple(place, fc.constantFrom('w', 'v')), {
      minLength: 1,
      selector: ([put]) => put,
    });
    fc.assert(
      fc.property(places, (chosen) => {
        const names = new Set(chosen.map(([, name]) => name));
        const verdict = identify(
          chosen.reduce((execution, [put, name]) => put(execution, name), anyExecution),
        );
        expect(verdict).toMatchObject(
          names.size === 1 ? { workflow: [...names][0] } : { decision: 'deny', code: 422 },
        );
      }),
    );
  });

  it('gives each cause a field and a whole sentence, and lets no invalid name through', () => {
    const name = fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined });
    fc.assert(
      fc.property(name, name, name, name, (label, annotation, reference, namespace) => {
        const verdict = identifyWorkflow({
          namespace: 'shop',
          labels: label === undefined ? {} : { workflow: label },
          annotations: annotation === undefined ? null : { 'kubernaut.io/workflow': annotation },
          workflowExecutionRef: { name: reference, namespace },
        });
        const causes = 'workflow' in verdict ? [] : verdict.causes;
        const names = 'workflow' in verdict ? [verdict.workflow] : [];
        expect(causes.length + names.length).toBeGreaterThan(0);
        for (const found of names) expect(found).toMatch(/^[a-z0-9.-]{1,253}$/);
        for (const cause of causes) {
          expect(cause.field).toMatch(/^(metadata|spec)\./);
          expect(cause.message).toMatch(/^[A-Z"][\s\S]*\.$/);
        }
      }),
    );
  });
});
