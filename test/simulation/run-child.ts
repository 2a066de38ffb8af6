import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What run.ts prints at its end, and what it said of failures. */
export interface ChildResult {
  readonly seeds: number;
  readonly last: number;
  readonly failures: readonly string[];
  readonly stderr: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
let free = 2;
const waiting: (() => void)[] = [];

/** Runs `run.ts` in a process of its own, two at a time. Rejects when it does not come to its end. */
export async function runChild(args: readonly string[]): Promise<ChildResult> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => void waiting.push(resolve));
  try {
    return await run(args);
  } finally {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }
}

async function run(args: readonly string[]): Promise<ChildResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildResult>();
  execFile(
    process.execPath,
    ['test/simulation/run.ts', ...args],
    { cwd: root, maxBuffer: 64_000_000 },
    (_error, stdout, stderr) => {
      const line = stdout.trim().split('\n').at(-1) ?? '';
      if (line.startsWith('{')) resolve({ ...(JSON.parse(line) as Omit<ChildResult, 'stderr'>), stderr });
      else reject(new Error(stderr));
    },
  );
  return promise;
}
