import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startChild } from './child-process.ts';
import { processesOf } from './processes-of.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that runs until it is ended, and that `processesOf(folder)` finds. */
const sleeper = () => ['sh', '-c', `while sleep 1; do :; done # ${folder}`] as const;

describe('a child', () => {
  it('writes both its outputs to the log and tells when it has ended', async () => {
    const logFile = join(folder, 'log');
    const child = startChild({
      name: 'talker',
      command: ['sh'],
      args: ['-c', 'echo one; echo two >&2; echo three'],
      logFile,
    });
    await child.exited;
    expect(child.hasExited).toBe(true);
    expect(readFileSync(logFile, 'utf8')).toBe('one\ntwo\nthree\n');
    expect(child.lastLogLines(2)).toBe('two\nthree');
  });

  it('leaves nothing behind when it is killed, stopped or not', async () => {
    const child = startChild({ name: 'sleeper', command: sleeper(), args: [], logFile: join(folder, 'log') });
    await vi.waitFor(() => expect(processesOf(folder)).not.toEqual([]), { timeout: 20_000 });
    child.signal('SIGSTOP');
    await child.kill();
    // Its watchdog is told, and not waited for.
    await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 20_000 });
    await child.kill();
  });

  it('dies with its parent, even when that is killed with -9', async () => {
    const script = join(folder, 'parent.mjs');
    const childProcess = JSON.stringify(join(import.meta.dirname, 'child-process.ts'));
    const options = { name: 'sleeper', command: sleeper(), args: [], logFile: join(folder, 'log') };
    writeFileSync(
      script,
      `const { startChild } = await import(${childProcess});
       console.log(startChild(${JSON.stringify(options)}).pid);`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const isAlive = () => processesOf(folder).some((process) => process.trimStart().startsWith(`${line} `));
    await vi.waitFor(() => expect(isAlive()).toBe(true), { timeout: 20_000 });
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive()).toBe(false), { timeout: 20_000 });
  });
});
