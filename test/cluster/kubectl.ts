import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Command } from './binaries.ts';

export interface KubectlOptions {
  /** Sent to its stdin, for `-f -`. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface KubectlResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs kubectl to its end; a failure of the command is an exit code, not a rejection.
 *
 * @param home its caches go here, and nobody's own settings are read
 */
export async function runKubectl(
  command: Command,
  args: readonly string[],
  { kubeconfig, home, input, env }: KubectlOptions & { kubeconfig: string; home: string },
): Promise<KubectlResult> {
  const [program, ...leading] = command;
  const child = spawn(program, [...leading, ...args], {
    env: { ...process.env, HOME: home, KUBECONFIG: kubeconfig, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}); // it may end without having read its input
  child.stdin.end(input ?? '');
  const closed = new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? 1));
  });
  const [exitCode, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { exitCode, stdout, stderr };
}
