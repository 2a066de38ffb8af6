import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../cluster/eventually.ts';
import { processesOf } from '../cluster/processes-of.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-demo-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A demo as a process, which keeps its data in `folder`. */
function startDemo(environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'demo.ts')], {
    env: { ...process.env, KEEP: '', ...environment, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const awaited: { readonly text: string; readonly seen: () => void }[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      for (const { text, seen } of awaited) if (printed.includes(text)) seen();
    });
  }
  const ended = new Promise<{ readonly exitCode: number | null; readonly printed: string }>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, printed }));
  });
  return {
    ended,
    interrupt: () => child.kill('SIGINT'),
    async until(text: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      awaited.push({ text, seen: resolve });
      if (printed.includes(text)) return;
      const early = ended.then(({ printed }) => {
        throw new Error(`the demo ended before it printed ${text}:\n${printed}`);
      });
      await Promise.race([promise, early]);
    },
  };
}

async function nothingIsLeft(): Promise<void> {
  await eventually('the programs have ended and the folder is empty', async () => {
    return processesOf(folder).length === 0 && readdirSync(folder).length === 0;
  });
}

it('plays its story to the end, twice at the same time, in plain text, and leaves nothing behind', async () => {
  const performances = await Promise.all([startDemo().ended, startDemo().ended]);
  for (const { exitCode, printed } of performances) {
    expect(printed).toMatch(/\d+ commands, each with the outcome that was promised/);
    expect(printed).not.toMatch(/^!!/m);
    expect(printed).not.toContain('\u001B');
    expect(exitCode, printed).toBe(0);
  }
  await nothingIsLeft();
}, 400_000);

it('stays until it is interrupted where KEEP=1 says so', async () => {
  const demo = startDemo({ KEEP: '1' });
  await demo.until('The replicas write to');
  demo.interrupt();
  const { exitCode, printed } = await demo.ended;
  expect(printed).toMatch(/export KUBECONFIG=\S+\/developer\.kubeconfig/);
  expect(exitCode, printed).toBe(0);
  await nothingIsLeft();
}, 300_000);

it.each(['Starting Kubernetes', 'execution-6.yaml'])(
  'cleans up when it is interrupted after "%s"',
  async (text) => {
    const demo = startDemo();
    await demo.until(text);
    demo.interrupt();
    expect((await demo.ended).exitCode).toBe(130);
    await nothingIsLeft();
  },
  300_000,
);
