import { expect, it } from 'vitest';
import { createVirtualTime } from '../../test/simulation/virtual-time.ts';
import { SlotsUnavailableError } from './journal-errors.ts';
import { createWaitingRequest, type Obstacle } from './waiting-request.ts';

const request = {
  name: 'a',
  uid: '1',
  workflow: 'w',
  dryRun: false,
  apply: false,
  enforce: true,
  deadline: 1_000,
};

it('is answered once', async () => {
  const waiting = createWaitingRequest(request, createVirtualTime(), () => ({
    reason: 'JournalUnwritable',
    message: '',
  }));
  waiting.settle({ kind: 'alreadyExists' });
  waiting.settle({ kind: 'limitReached', limit: 1, holders: [] });
  waiting.fail(new Error('too late'));
  expect(waiting.answered).toBe(true);
  expect(await waiting.answer).toEqual({ kind: 'alreadyExists' });
});

it('fails at its deadline, for the reason that stands in the way by then', async () => {
  const time = createVirtualTime();
  let obstacle: Obstacle = { reason: 'JournalUnwritable', message: 'not yet' };
  const waiting = createWaitingRequest(request, time, () => obstacle);
  const failure = waiting.answer.catch((error: unknown) => error);
  obstacle = { reason: 'JournalUnwritable', message: 'the API server is away' };
  await time.run(999);
  expect(waiting.answered).toBe(false);
  await time.run(1_000);
  expect(await failure).toEqual(new SlotsUnavailableError('JournalUnwritable', 'the API server is away'));
  expect(await failure).toMatchObject({ code: 'SlotsUnavailable', reason: 'JournalUnwritable' });
});

it('fails at once when it comes after its deadline', async () => {
  const time = createVirtualTime();
  await time.run(5_000);
  const waiting = createWaitingRequest(request, time, () => ({
    reason: 'JournalUnwritable',
    message: 'late',
  }));
  const failure = waiting.answer.catch((error: unknown) => error);
  await time.run(5_000);
  expect(await failure).toMatchObject({ reason: 'JournalUnwritable' });
});
