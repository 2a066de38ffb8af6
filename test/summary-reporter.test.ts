import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { summaryLine } from './summary-reporter.ts';

test('what was skipped is said only where something was', () => {
  expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
  expect(summaryLine({ passed: 12, failed: 1, skipped: 3 })).toBe('12 passed, 1 failed, 3 skipped');
});

/** Runs vitest on one file of tests and gives the last line it prints. */
function lastLineFor(source: string): string | undefined {
  // Inside of the checkout, so that `vitest` is found, and where no other run looks for tests.
  const base = join(import.meta.dirname, '../.stepgate');
  mkdirSync(base, { recursive: true });
  const folder = mkdtempSync(join(base, 'summary-'));
  try {
    writeFileSync(
      join(folder, 'sample.test.ts'),
      `import { beforeAll, expect, test } from 'vitest';\n${source}`,
    );
    const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
    const reporter = join(import.meta.dirname, 'summary-reporter.ts');
    const args = ['run', '--root', folder, `--reporter=${reporter}`];
    const { stdout } = spawnSync(process.execPath, [vitest, ...args], { encoding: 'utf8' });
    return stdout.trimEnd().split('\n').at(-1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each([
  [
    'tests that pass, fail and are skipped',
    "test('a', () => {}); test('b', () => expect(1).toBe(2)); test.skip('c');",
    '1 passed, 1 failed, 1 skipped',
  ],
  ['a file that cannot be loaded', "throw new Error('no'); test('a', () => {});", '0 passed, 1 failed'],
  [
    'a hook that fails',
    "beforeAll(() => { throw new Error('no'); }); test('a', () => {});",
    '0 passed, 1 failed, 1 skipped',
  ],
  [
    'a rejection that nobody handles',
    "test('a', () => { void Promise.reject(new Error('no')); });",
    '1 passed, 1 failed',
  ],
])(
  '%s',
  (_what, source, line) => {
    expect(lastLineFor(source)).toBe(line);
  },
  30_000,
);
