import { expect, test } from 'vitest';
import { runStorm } from './run-storm.ts';
import type { StormSettings } from './settings.ts';

const settings: StormSettings = {
  seconds: 10,
  clients: 16,
  workflows: 8,
  kills: true,
  applyRaces: true,
  pauseSeconds: 0,
  recovery: false,
  seed: 20,
};

test('ten seconds of storm with killed replicas break no promise', { timeout: 180_000 }, async () => {
  const { numbers, failures } = await runStorm(settings);
  expect(failures).toEqual([]);
  expect(numbers.violations).toBe(0);
  expect(numbers.max_active).toBeLessThanOrEqual(numbers.limit);
  expect(numbers.kills).toBeGreaterThan(0);
  expect(numbers.admitted).toBeGreaterThan(0);
  expect(numbers.denied).toBeGreaterThan(0);
});

test('the storm notices a webhook that keeps no limit', { timeout: 180_000 }, async () => {
  const { numbers, failures } = await runStorm(
    { ...settings, seconds: 4, workflows: 3, kills: false },
    { environment: { ENFORCEMENT: 'audit' } },
  );
  expect(numbers.max_active).toBeGreaterThan(numbers.limit);
  expect(numbers.violations).toBeGreaterThan(0);
  expect(failures.join()).toContain('over the limit');
});
