import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';

describe('systemClock', () => {
  it('sleeps at least as long as it was asked to', async () => {
    const before = systemClock.now();
    await systemClock.sleep(20);
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(19);
  });

  it('ends a sleep with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  it('does not begin a sleep whose signal is aborted', async () => {
    const reason = new Error('before');
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('does not call back a timer that was cancelled', async () => {
    const called: string[] = [];
    const cancel = systemClock.setTimer(1, () => called.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) => {
      systemClock.setTimer(5, () => {
        called.push('kept');
        resolve();
      });
    });
    expect(called).toEqual(['kept']);
  });

  it('takes longer than Node knows for what it is, and not for now', async () => {
    const called: string[] = [];
    const cancel = systemClock.setTimer(2 ** 31, () => called.push('timer'));
    const controller = new AbortController();
    const sleeping = systemClock.sleep(Number.POSITIVE_INFINITY, controller.signal).then(
      () => called.push('sleep'),
      () => {},
    );
    await systemClock.sleep(20);
    expect(called).toEqual([]);
    cancel();
    controller.abort();
    await sleeping;
  });

  it('lets a process end that waits for nothing but a timer', async () => {
    const clock = new URL('clock.ts', import.meta.url).href;
    const script = `import { systemClock } from '${clock}'; systemClock.setTimer(600_000, () => {});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    expect(exitCode).toBe(0);
  });
});
