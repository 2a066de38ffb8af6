import { expect, it } from 'vitest';
import { keepLogs } from '../../test/builders/logs.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { InstallerError } from './installer-error.ts';
import { untilItWorks } from './until-it-works.ts';

/** Fails with these errors, one try after the other, and then works; time passes by itself. */
async function run(...errors: readonly Error[]) {
  const { logger, messages } = keepLogs();
  const clock = createManualClock();
  const left = [...errors];
  const task = async () => {
    const error = left.shift();
    if (error !== undefined) throw error;
  };
  const sleep = async (milliseconds: number) => clock.advance(milliseconds);
  const running = untilItWorks(task, {
    clock: { now: clock.now, sleep },
    logger,
    timeoutMilliseconds: 10_000,
  });
  const outcome = await running.then(
    () => 'works',
    (error: unknown) => error,
  );
  return { outcome, said: messages('info').length };
}

const waiting = new InstallerError('no replica of the webhook is ready yet');
const status = (code: number) => new KubeStatusError({ code, reason: 'Reason', message: 'message' });

it('waits for replicas, for rights and for whoever writes at the same time, and says each reason once', async () => {
  expect(await run(waiting, waiting, status(403), status(409))).toEqual({ outcome: 'works', said: 3 });
});

it('gives up with the last reason when the time is over', async () => {
  const { outcome } = await run(...Array.from({ length: 9 }, () => waiting));
  expect(outcome).toBe(waiting);
});

it('does not wait for what stays as it is: an object that is not valid, a fault of its own', async () => {
  const invalid = status(422);
  expect((await run(invalid)).outcome).toBe(invalid);
  const fault = new TypeError('fault');
  expect((await run(fault)).outcome).toBe(fault);
});
