import { join } from 'node:path';
import { type Child, startChild } from '../cluster/child-process.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import type { CommandOutcome, DemoShell } from './demo-shell.ts';

/** What a shell with jobs is made of. */
export interface DemoJobsOptions {
  readonly controlPlane: Pick<ControlPlane, 'folder' | 'kubeconfig'>;
  /** Where `stepgate` is: src/main.ts, or whatever a test has instead. */
  readonly program: string;
}

interface Job {
  readonly child: Child;
  readonly line: string;
}

/**
 * A shell that also knows `stepgate … &` and `kill [-9] %1`. The demo starts and ends these processes itself, so that
 * none outlives it, however it ends. What they write goes to a file: `stepgate-1.log` in the control plane's folder.
 */
export function withJobs(shell: DemoShell, { controlPlane, program }: DemoJobsOptions): DemoShell {
  const jobs: Job[] = [];

  function start(as: Parameters<DemoShell>[0], line: string, words: readonly string[]): CommandOutcome {
    const name = `stepgate-${jobs.length + 1}`;
    const child = startChild({
      name,
      command: [process.execPath, program],
      args: words,
      logFile: join(controlPlane.folder, `${name}.log`),
      env: { HOME: controlPlane.folder, KUBECONFIG: controlPlane.kubeconfig(as), POD_NAME: name },
    });
    jobs.push({ child, line });
    return { exitCode: 0, output: `[${jobs.length}] ${child.pid}\n` };
  }

  async function end(number: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<CommandOutcome> {
    const job = jobs[number - 1];
    if (job === undefined || job.child.hasExited)
      return { exitCode: 1, output: `kill: %${number}: no such job\n` };
    if (signal === 'SIGKILL') await job.child.kill();
    else {
      job.child.signal(signal);
      await job.child.exited;
    }
    return {
      exitCode: 0,
      output: `[${number}]+  ${signal === 'SIGKILL' ? 'Killed' : 'Done'}  ${job.line}\n`,
    };
  }

  return async (as, line) => {
    const [, words] = /^stepgate (.+) &$/.exec(line) ?? [];
    if (words !== undefined) return start(as, line.slice(0, -2), words.split(' '));
    const [isKill, hard, number] = /^kill (-9 )?%(\d+)$/.exec(line) ?? [];
    if (isKill !== undefined) return end(Number(number), hard === undefined ? 'SIGTERM' : 'SIGKILL');
    return shell(as, line);
  };
}
