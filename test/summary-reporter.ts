import type { Reporter, TestModule } from 'vitest/node';

/** Outcomes of a run. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Ends the output of a run with one plain line, `212 passed, 0 failed` or `212 passed, 0 failed, 3 skipped`, for
 * people and programs that read no more than that. It comes after the report of coverage, as the last thing.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const line = summaryLine(countOutcomes(testModules, unhandledErrors.length));
    process.once('exit', () => process.stdout.write(`\n${line}\n`));
  }
}

/** The line without its end. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

/**
 * What fails outside of every test counts as a failure too (a file that cannot be loaded, a hook, a rejection
 * that nobody handled), so that `0 failed` never stands under a run that failed.
 */
function countOutcomes(testModules: readonly TestModule[], unhandledErrors: number): Counts {
  const counts = { passed: 0, failed: unhandledErrors, skipped: 0 };
  for (const testModule of testModules) {
    counts.failed += testModule.errors().length;
    for (const suite of testModule.children.allSuites()) counts.failed += suite.errors().length;
    for (const { state } of [...testModule.children.allTests()].map((testCase) => testCase.result())) {
      if (state === 'passed' || state === 'failed') counts[state] += 1;
      else counts.skipped += 1;
    }
  }
  return counts;
}
