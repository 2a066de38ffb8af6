import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Command } from '../cluster/binaries.ts';
import type { ControlPlane, UserName } from '../cluster/control-plane.ts';

/** Runs a command line as a user of the cluster. */
export type DemoShell = (as: UserName, commandLine: string) => Promise<CommandOutcome>;

/** What a person would have seen. */
export interface CommandOutcome {
  readonly exitCode: number;
  /** stdout and stderr, in the order in which they were written. */
  readonly output: string;
}

/** What a shell of the demo is made of. */
export interface DemoShellOptions {
  readonly controlPlane: Pick<ControlPlane, 'folder' | 'kubeconfig'>;
  /** A folder with kubectl, see `writeKubectl`. */
  readonly binFolder: string;
  /** Commands run here. */
  readonly workingFolder: string;
}

/** A shell in which `kubectl` talks to the demo's cluster. Nobody's own settings are read. */
export function demoShell({ controlPlane, binFolder, workingFolder }: DemoShellOptions): DemoShell {
  return async (as, commandLine) => {
    const child = spawn('sh', ['-c', `exec 2>&1\n${commandLine}`], {
      cwd: workingFolder,
      env: {
        ...process.env,
        HOME: controlPlane.folder,
        KUBECONFIG: controlPlane.kubeconfig(as),
        PATH: `${binFolder}${delimiter}${process.env['PATH'] ?? ''}`,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve(code ?? 1));
    });
    return { exitCode, output };
  };
}

/** Puts a `kubectl` into a new folder `bin` of `folder`, for those who have none, and answers that folder. */
export function writeKubectl(folder: string, kubectl: Command): string {
  const binFolder = join(folder, 'bin');
  mkdirSync(binFolder);
  const words = kubectl.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  writeFileSync(join(binFolder, 'kubectl'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  return binFolder;
}
