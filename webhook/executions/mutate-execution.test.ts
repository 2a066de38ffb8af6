import { describe, expect, it } from 'vitest';
import { allowed } from '../../src/policy/verdict.ts';
import { makeAdmissionReviewBytes } from '../../test/builders/admission-review-builder.ts';
import { type ExecutionBuilder, makeExecution } from '../../test/builders/execution-builder.ts';
import { type AdmissionRequest, parseAdmissionReview } from '../admission/admission-review.ts';
import { mutateExecution } from './mutate-execution.ts';

function request(fields: Record<string, unknown>): AdmissionRequest {
  return parseAdmissionReview(makeAdmissionReviewBytes(fields));
}

const creating = (object: ExecutionBuilder): AdmissionRequest => request({ object: object.build() });
const updating = (oldObject: ExecutionBuilder, object: ExecutionBuilder): AdmissionRequest =>
  request({ operation: 'UPDATE', oldObject: oldObject.build(), object: object.build() });

describe('a create', () => {
  it('of an execution that names its workflow elsewhere gets the label', async () => {
    expect(await mutateExecution(creating(makeExecution('step').referringTo('restart')))).toEqual({
      decision: 'patch',
      operations: [{ op: 'add', path: '/metadata/labels', value: { workflow: 'restart' } }],
    });
  });

  it('that has the label is left alone', async () => {
    expect(await mutateExecution(creating(makeExecution('step').of('restart')))).toBe(allowed);
  });

  it.each([
    ['no workflow', makeExecution('step')],
    ['two workflows', makeExecution('step').ownedBy('restart').referringTo('other')],
  ])('that names %s is for the validating side to refuse', async (_, execution) => {
    expect(await mutateExecution(creating(execution))).toBe(allowed);
  });
});

describe('an update', () => {
  const before = makeExecution('step').of('restart');

  it('that drops the label gets it back', async () => {
    expect(await mutateExecution(updating(before, makeExecution('step').label('team', 'shop')))).toEqual({
      decision: 'patch',
      operations: [{ op: 'add', path: '/metadata/labels/workflow', value: 'restart' }],
    });
  });

  it('that changes the label is for the policy to refuse', async () => {
    expect(await mutateExecution(updating(before, makeExecution('step').of('other')))).toBe(allowed);
  });

  it('that adds nothing gets nothing: what had no label is not given one', async () => {
    const unmarked = makeExecution('step').referringTo('restart');
    expect(await mutateExecution(updating(unmarked, unmarked))).toBe(allowed);
  });
});

it('lets a request without an object pass', async () => {
  expect(await mutateExecution(request({ operation: 'DELETE', object: null }))).toBe(allowed);
});
