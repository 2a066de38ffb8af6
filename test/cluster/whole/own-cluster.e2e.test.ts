import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { ownNodeObstacle } from './own-node-obstacle.ts';
import { run } from './run.ts';

const script = join(import.meta.dirname, 'started-cluster.ts');
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGINT');
    await once(child, 'exit');
  }
});

/** Starts a cluster in a process of its own; answers the process and the cluster's folder. */
async function startProcess(): Promise<{ child: ChildProcess; folder: string }> {
  const child = spawn('node', [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  const [folder] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, folder };
}

/**
 * What this machine has of a cluster: its folder, its cgroups, processes that were started with either, and mounts of it in
 * any process's namespace. A namespace lasts as long as a process is in it, which has mounts, or a mount holds it.
 */
async function tracesOf(folder: string): Promise<string[]> {
  const name = basename(folder);
  const cgroups = await run(['find', '/sys/fs/cgroup', '-maxdepth', '2', '-name', name]);
  const processes = await run(['sh', '-c', `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'`]);
  const named = processes.split('\n').filter((argument) => argument.includes(`${name}/`));
  const mounts = await run(['sh', '-c', 'cat /proc/[0-9]*/mountinfo 2>/dev/null || true']);
  const mounted = mounts.split('\n').filter((mount) => mount.includes(name));
  const traces = [...cgroups.split('\n'), ...named, ...mounted, existsSync(folder) ? folder : ''];
  return traces.filter((each) => each !== '');
}

describe.skipIf(ownNodeObstacle() !== undefined)('a cluster of our own', { timeout: 600_000 }, () => {
  it('leaves no trace when its process is killed with -9', async () => {
    const { child, folder } = await startProcess();
    expect((await tracesOf(folder)).length).toBeGreaterThan(10);
    child.kill('SIGKILL');
    await eventually('nothing is left', async () => (await tracesOf(folder)).length === 0, 120_000);
  });

  it('leaves no trace when it is stopped, and none beside it notices', async () => {
    const [one, other] = [await startProcess(), await startProcess()];
    one.child.kill('SIGINT');
    const [exitCode] = (await once(one.child, 'exit')) as [number | null];
    expect(exitCode).toBe(0);
    expect(await tracesOf(one.folder)).toEqual([]);
    const kubeconfig = join(other.folder, 'control-plane/admin.kubeconfig');
    expect(readFileSync(kubeconfig, 'utf8')).toContain('https://127.0.0.1:');
    expect((await tracesOf(other.folder)).length).toBeGreaterThan(10);
  });

  it('leaves the settings of the machine as they are', async () => {
    const files = ['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'];
    const settings = () => files.map((file) => readFileSync(`/proc/sys/${file}`, 'utf8'));
    const before = settings();
    await startProcess();
    expect(settings()).toEqual(before);
  });
});
