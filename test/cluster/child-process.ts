import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Command } from './binaries.ts';

export interface ChildOptions {
  readonly name: string;
  readonly command: Command;
  readonly args: readonly string[];
  /** Where stdout and stderr go; appended to. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program that runs beside us and never outlives us. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly hasExited: boolean;
  /** Null while it runs, and where a signal has ended it. */
  readonly exitCode: number | null;
  /** Settles when the program has ended, whoever ended it. */
  readonly exited: Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once (SIGKILL works on a stopped process too). */
  kill(): Promise<void>;
  lastLogLines(count?: number): string;
}

/**
 * Becomes the program (same pid), and leaves a watchdog behind that kills it when our end of the pipe on
 * file descriptor 3 closes: also when we are killed with -9. POSIX sh gives a background job /dev/null as
 * stdin, hence the detour over 3.
 */
const runUntilPipeCloses =
  'exec 3<&0; (read -r line <&3; kill -9 $$ 2>/dev/null) & exec "$@" </dev/null 3<&-';

/** Starts a program in a process group of its own, so that Ctrl-C reaches us first. */
export function startChild(options: ChildOptions): Child {
  const log = openSync(options.logFile, 'a');
  const child = spawn('sh', ['-c', runUntilPipeCloses, options.name, ...options.command, ...options.args], {
    stdio: ['pipe', log, log],
    detached: true,
    env: { ...process.env, ...options.env },
  });
  closeSync(log);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${options.name}: sh cannot be started`);
  child.stdin?.on('error', () => {}); // the watchdog dies with its group

  let hasExited = false;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      hasExited = true;
      signalGroup(pid, 'SIGKILL'); // the watchdog; while it lives, the kernel reuses neither pid nor group
      resolve();
    });
  });
  return {
    name: options.name,
    pid,
    logFile: options.logFile,
    get hasExited() {
      return hasExited;
    },
    get exitCode() {
      return child.exitCode;
    },
    exited,
    signal(signal) {
      if (!hasExited) process.kill(pid, signal);
    },
    async kill() {
      if (!hasExited) signalGroup(pid, 'SIGKILL');
      await exited;
    },
    lastLogLines(count = 20) {
      return readFileSync(options.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
    },
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
