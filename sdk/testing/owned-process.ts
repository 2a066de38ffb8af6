import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A program that never outlives this process. */
export interface OwnedProcess {
  readonly hasExited: boolean;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** The end of what it wrote. */
  lastWords(): string;
}

/** Becomes the program, and leaves a watchdog behind that kills it when our end of the pipe on descriptor 3 closes. */
const runUntilPipeCloses =
  'exec 3<&0; (read -r line <&3; kill -9 $$ 2>/dev/null) & exec "$@" </dev/null 3<&-';

/** Starts a program; stdout and stderr go to a file. */
export function startOwnedProcess(program: string, args: readonly string[], logFile: string): OwnedProcess {
  const log = openSync(logFile, 'a');
  const child = spawn('sh', ['-c', runUntilPipeCloses, program, program, ...args], {
    stdio: ['pipe', log, log],
    detached: true,
  });
  closeSync(log);
  child.stdin?.on('error', () => {}); // the watchdog dies with its group
  let hasExited = false;
  const exited = new Promise<void>((resolve) => {
    const end = (): void => {
      hasExited = true;
      killGroup(child.pid);
      resolve();
    };
    child.once('exit', end).once('error', end);
  });
  return {
    get hasExited() {
      return hasExited;
    },
    async kill() {
      if (!hasExited) killGroup(child.pid);
      await exited;
    },
    lastWords: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-10).join('\n'),
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
