import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { UnitTest } from './mutations.ts';

/** What run.ts prints at its end, and what it said of failures. */
export interface ChildResult {
  readonly seeds: number;
  readonly last: number;
  readonly failures: readonly string[];
  readonly stderr: string;
}

/** What run-mutated-test.ts prints: full names of tests. */
export interface MutatedTestResult {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
let free = 2;
const waiting: (() => void)[] = [];

/** Runs `run.ts` in a process of its own, two at a time. Rejects when it does not come to its end. */
export async function runChild(args: readonly string[]): Promise<ChildResult> {
  const { result, stderr } = await inTurn<Omit<ChildResult, 'stderr'>>('run.ts', args);
  return { ...result, stderr };
}

/** Runs one unit test against the code without a rule, in the same way. */
export async function runMutatedTest(mutation: string, { file, test }: UnitTest): Promise<MutatedTestResult> {
  const args = ['--mutation', mutation, '--file', file, '--test', test];
  return (await inTurn<MutatedTestResult>('run-mutated-test.ts', args)).result;
}

async function inTurn<Result>(script: string, args: readonly string[]): Promise<Printed<Result>> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => void waiting.push(resolve));
  try {
    return await run(script, args);
  } finally {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }
}

interface Printed<Result> {
  readonly result: Result;
  readonly stderr: string;
}

async function run<Result>(script: string, args: readonly string[]): Promise<Printed<Result>> {
  const { promise, resolve, reject } = Promise.withResolvers<Printed<Result>>();
  execFile(
    process.execPath,
    [`test/simulation/${script}`, ...args],
    { cwd: root, maxBuffer: 64_000_000 },
    (_error, stdout, stderr) => {
      const line = stdout.trim().split('\n').at(-1) ?? '';
      if (line.startsWith('{')) resolve({ result: JSON.parse(line) as Result, stderr });
      else reject(new Error(stderr));
    },
  );
  return promise;
}
