import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Command } from '../binaries.ts';
import { WholeClusterError } from './whole-cluster-error.ts';

/** Runs a program to its end and answers its stdout. Rejects with WholeClusterError, and its words, when it fails. */
export async function run(
  [program, ...args]: Command,
  { input = '', env = {} }: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {}); // it may end without having read its input
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [exitCode, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  if (exitCode !== 0) throw new WholeClusterError(`${program} ${args.join(' ')} failed`, stderr + stdout);
  return stdout;
}
