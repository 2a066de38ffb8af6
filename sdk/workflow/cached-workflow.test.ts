import { describe, expect, it } from 'vitest';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { shrinkExecution } from './cached-execution.ts';
import { approvalHint, approvalToken, readSpec, shrinkWorkflow } from './cached-workflow.ts';

const metadata = { name: 'w', namespace: 'n', uid: 'u', resourceVersion: '1' };

describe('readSpec', () => {
  it('reads both shapes, with numbers and names as dependencies', () => {
    const { spec } = makeWorkflow('w')
      .step({ name: 'first' })
      .step({ dependencies: ['first'] })
      .build();
    expect(readSpec(spec).steps[1]?.dependencies).toEqual([1]);
    expect(readSpec(makeWorkflow('w').chain(2).asDefinition().build().spec).steps[1]?.dependencies).toEqual([
      1,
    ]);
  });

  it('says why a spec cannot be run, and never throws', () => {
    expect(readSpec({ steps: [{ stepNumber: 0, action: 'x' }] }).invalid).toContain(
      'spec.steps.0.stepNumber',
    );
    expect(
      readSpec(
        makeWorkflow('w')
          .step({ dependencies: ['1'] })
          .build().spec,
      ).invalid,
    ).toContain('1 → 1');
    for (const spec of [undefined, null, 7, 'x', [], {}]) expect(readSpec(spec).invalid).toBeDefined();
  });
});

describe('approvalHint', () => {
  const hint = (annotations: Record<string, string>, threshold = 10) =>
    approvalHint({ metadata: { ...metadata, annotations } }, threshold);
  const required = { 'kubernaut.io/approval-required': 'true', 'kubernaut.io/step-count': '12' };

  it('tells what waits from what may run', () => {
    expect(hint({})).toBe('none');
    expect(hint(required)).toBe('waiting');
    expect(hint(required, 12)).toBe('none');
    expect(hint({ ...required, 'kubernaut.io/approved': 'true' })).toBe('none');
    expect(hint({ ...required, 'kubernaut.io/approved': 'false' })).toBe('rejected');
  });
});

describe('approvalToken', () => {
  it('changes with an approval, an edit and a setting, and with nothing else', () => {
    const token = approvalToken({ metadata: { ...metadata, generation: 1 } }, 10);
    expect(approvalToken({ metadata: { ...metadata, generation: 1, resourceVersion: '9' } }, 10)).toBe(token);
    expect(approvalToken({ metadata: { ...metadata, generation: 2 } }, 10)).not.toBe(token);
    expect(approvalToken({ metadata: { ...metadata, generation: 1 } }, 11)).not.toBe(token);
    const annotations = { 'kubernaut.io/approved': 'true' };
    expect(approvalToken({ metadata: { ...metadata, generation: 1, annotations } }, 10)).not.toBe(token);
  });
});

describe('what is kept', () => {
  it('of a workflow leaves out what nobody reads', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', a: 'b' };
    const stored = { metadata: { ...metadata, annotations, managedFields: [{}] }, spec: {} };
    const kept = shrinkWorkflow(stored, undefined);
    expect(kept.metadata).toEqual({ ...metadata, annotations: { a: 'b' } });
    expect(kept).not.toHaveProperty('spec');
  });

  it('of a workflow has its spec read once for each generation of it', () => {
    const { spec } = makeWorkflow('w').steps(2).build();
    const first = shrinkWorkflow({ metadata: { ...metadata, generation: 1 }, spec }, undefined);
    expect(first.read.steps).toHaveLength(2);
    const later = { ...metadata, generation: 1, resourceVersion: '2' };
    expect(shrinkWorkflow({ metadata: later, spec }, first).read).toBe(first.read);
    const edited = makeWorkflow('w').steps(3).build().spec;
    for (const each of [
      { ...metadata, generation: 2 },
      { ...metadata, generation: 1, uid: 'another' },
    ])
      expect(shrinkWorkflow({ metadata: each, spec: edited }, first).read.steps).toHaveLength(3);
  });

  it('of an execution says whose it is and how it went, without what may be large', () => {
    const spec = {
      stepNumber: 3,
      workflowExecutionRef: { name: 'w' },
      parameters: { manifest: 'x'.repeat(9_999) },
    };
    const status = { phase: 'failed', message: 'm'.repeat(5_000), result: 'r' };
    const labels = { workflow: 'w', other: 'x' };
    const kept = shrinkExecution({
      metadata: { ...metadata, labels, annotations: { a: 'b' } },
      spec,
      status,
    });
    expect(kept).toEqual({
      metadata: { ...metadata, labels: { workflow: 'w' } },
      spec: { stepNumber: 3, workflowExecutionRef: { name: 'w' } },
      status: { phase: 'failed', message: 'm'.repeat(1_024) },
    });
  });
});
