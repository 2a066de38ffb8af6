import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withBuildLock } from './build-lock.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-lock-'));
  lock = join(folder, 'not', 'yet', 'there.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the build lock', () => {
  it('lets one work at a time, and tells the other that it waits', async () => {
    const events: string[] = [];
    const [begun, first] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const one = withBuildLock(lock, async () => {
      events.push('one begins');
      begun.resolve();
      await first.promise;
      events.push('one ends');
    });
    await begun.promise;
    const two = withBuildLock(
      lock,
      async () => events.push('two'),
      () => {
        events.push('two waits');
        first.resolve();
      },
    );
    await Promise.all([one, two]);
    expect(events).toEqual(['one begins', 'two waits', 'one ends', 'two']);
    expect(existsSync(lock)).toBe(false);
  });

  it('is let go when the work fails', async () => {
    await expect(withBuildLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(withBuildLock(lock, async () => 'done')).resolves.toBe('done');
  });

  it('is taken from a holder that died', async () => {
    mkdirSync(lock, { recursive: true });
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    await expect(withBuildLock(lock, async () => 'done')).resolves.toBe('done');
  });
});
