import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../cluster/eventually.ts';
import { processesOf } from '../cluster/processes-of.ts';
import { withJobs } from './demo-jobs.ts';
import type { DemoShell } from './demo-shell.ts';

let folder: string;
let typed: string[];
let shell: DemoShell;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-demo-jobs-'));
  typed = [];
  const program = join(folder, 'program.mjs');
  writeFileSync(
    program,
    'console.log(process.argv.slice(2).join(), process.env.KUBECONFIG); setInterval(() => {}, 1_000);' +
      "process.on('SIGTERM', () => { console.log('bye'); process.exit(); })",
  );
  const controlPlane = { folder, kubeconfig: (user = 'admin') => `${user}.kubeconfig` };
  const plain: DemoShell = async (as, line) => {
    typed.push(`${as}: ${line}`);
    return { exitCode: 0, output: '' };
  };
  shell = withJobs(plain, { controlPlane, program });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function logHas(text: string): Promise<void> {
  await eventually(`the log has ${text}`, async () => {
    return readFileSync(join(folder, 'stepgate-1.log'), 'utf8').includes(text);
  });
}

it('starts stepgate as a user, in the background, and ends it in order', async () => {
  const started = await shell('controller', 'stepgate controller --metrics-port=0 &');
  expect(started).toEqual({ exitCode: 0, output: expect.stringMatching(/^\[1\] \d+\n$/) as string });
  await logHas('controller,--metrics-port=0 controller.kubeconfig');
  const ended = await shell('controller', 'kill %1');
  expect(ended).toEqual({ exitCode: 0, output: '[1]+  Done  stepgate controller --metrics-port=0\n' });
  await logHas('bye');
  expect(processesOf(folder)).toEqual([]);
});

it('kills it without a word, once', async () => {
  await shell('controller', 'stepgate controller &');
  await logHas('controller');
  const killed = await shell('controller', 'kill -9 %1');
  expect(killed).toEqual({ exitCode: 0, output: '[1]+  Killed  stepgate controller\n' });
  expect(processesOf(folder)).toEqual([]);
  expect(readFileSync(join(folder, 'stepgate-1.log'), 'utf8')).not.toContain('bye');
  expect((await shell('controller', 'kill -9 %1')).exitCode).toBe(1);
});

it('leaves all other lines to the shell', async () => {
  await shell('developer', 'kubectl get x -w & kill $!');
  expect(typed).toEqual(['developer: kubectl get x -w & kill $!']);
});
