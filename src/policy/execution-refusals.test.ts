import { expect, it } from 'vitest';
import { alreadyExists, slotsUnavailable, unmarkedExecution } from './execution-refusals.ts';

it('refuses a name that exists in the words of the API server, by which clients know it', () => {
  const message = 'kubernetesexecutions.kubernetesexecution.kubernaut.io "step-1" already exists';
  expect(alreadyExists('step-1')).toMatchObject({ code: 409, reason: 'AlreadyExists', message });
});

it('says with its own reason why no exact answer can be given, and that a retry may help', () => {
  const refusal = slotsUnavailable('JournalUnwritable', 'the slot journal was not written in time');
  expect(refusal).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
  expect(refusal.causes).toEqual([{ reason: 'JournalUnwritable', message: refusal.message }]);
  expect(refusal.message).toBe(
    'stepgate cannot tell now whether a slot is free, and does not guess: ' +
      'the slot journal was not written in time. Try again.',
  );
});

it('says which mark a create lacks, and that a retry may help', () => {
  expect(unmarkedExecution('heal')).toMatchObject({
    code: 503,
    message: expect.stringContaining('names workflow "heal", but neither its label workflow nor'),
    causes: [{ reason: 'WorkflowMarkMissing', field: 'metadata.labels[workflow]' }],
  });
});
