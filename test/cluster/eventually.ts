import { setTimeout as pause } from 'node:timers/promises';

/**
 * Resolves when `condition` does with true: for states that the API server announces nowhere. Rejects after
 * `withinMilliseconds` (30 s by default) with what was waited for.
 */
export async function eventually(
  what: string,
  condition: () => Promise<boolean>,
  withinMilliseconds = 30_000,
): Promise<void> {
  const deadline = performance.now() + withinMilliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`waited ${withinMilliseconds} ms in vain until ${what}`);
    await pause(50);
  }
}
