import { readdirSync, readFileSync } from 'node:fs';
import type { ComparedPlane } from './compared-plane.ts';

/** CPU milliseconds by who took them. `balancer` is this process: while creates are timed it does nothing else. */
export type CpuTimes = Readonly<
  Record<'apiserver' | 'etcd' | 'controllers' | 'replicas' | 'balancer', number>
>;

/** Milliseconds of one tick in /proc/<pid>/stat; 100 a second on every Linux that Node runs on. */
const tickMilliseconds = 10;

/** What the processes of a plane have taken so far; undefined where there is no /proc. */
export function cpuTimesOf(plane: ComparedPlane): CpuTimes | undefined {
  const processes = processesMentioning(plane.controlPlane.folder);
  if (processes === undefined) return undefined;
  const sum = (flag: string) =>
    processes.filter(({ args }) => args.includes(flag)).reduce((all, { pid }) => all + cpuOf(pid), 0);
  const { user, system } = process.cpuUsage();
  return {
    apiserver: sum('--etcd-servers='),
    etcd: sum('--listen-peer-urls='),
    controllers: sum('--controllers='),
    replicas: plane.replicas.reduce((all, { child }) => all + cpuOf(child.pid), 0),
    balancer: (user + system) / 1_000,
  };
}

function processesMentioning(folder: string): { pid: number; args: string }[] | undefined {
  try {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name))
      .map((name) => ({ pid: Number(name), args: argsOf(name) }))
      .filter(({ args }) => args.includes(folder));
  } catch {
    return undefined;
  }
}

function argsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it has ended meanwhile
  }
}

/** utime and stime are fields 14 and 15; the name in field 2 may hold spaces. Source: proc(5). */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * tickMilliseconds;
  } catch {
    return 0;
  }
}

/** What was taken between two readings, for each of so many creates. */
export function cpuPerCreate(
  before: CpuTimes | undefined,
  after: CpuTimes | undefined,
  creates: number,
): Record<string, number> {
  if (before === undefined || after === undefined) return {};
  return Object.fromEntries(
    Object.entries(after).map(([who, milliseconds]) => [
      who,
      (milliseconds - before[who as keyof CpuTimes]) / creates,
    ]),
  );
}
