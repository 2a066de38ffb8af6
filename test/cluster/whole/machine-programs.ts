import type { Progress } from '../binaries.ts';
import { findExecutable } from '../executable.ts';
import { run } from './run.ts';
import { NoWholeClusterError } from './whole-cluster-error.ts';

/** Where root's programs are, when the PATH is a user's. */
export const systemFolders = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** What a node takes from the machine, and the Debian package that has it. */
const packageOf = {
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  mount: 'mount',
} as const;

/** Programs that were found, by path. */
export type MachinePrograms = Readonly<Record<keyof typeof packageOf, string>> & {
  /** The PATH on which they are. */
  readonly path: string;
};

/** Finds them; installs what is missing with apt-get, and says so. Rejects with NoWholeClusterError. */
export async function machinePrograms(progress: Progress): Promise<MachinePrograms> {
  const names = Object.keys(packageOf) as (keyof typeof packageOf)[];
  const missing = () => names.filter((name) => findExecutable(name, systemFolders) === undefined);
  const packages = [...new Set(missing().map((name) => packageOf[name]))];
  if (packages.length > 0) {
    if (findExecutable('apt-get', systemFolders) === undefined) {
      throw new NoWholeClusterError([
        `a node needs ${packages.join(', ')}, and there is no apt-get to install them`,
      ]);
    }
    progress(`installing on this machine with apt-get: ${packages.join(', ')}`);
    await install(packages).catch((error: unknown) => {
      throw new NoWholeClusterError([error instanceof Error ? error.message : String(error)]);
    });
  }
  const lost = missing();
  if (lost.length > 0) throw new NoWholeClusterError([`not on this machine: ${lost.join(', ')}`]);
  const found = Object.fromEntries(names.map((name) => [name, findExecutable(name, systemFolders)]));
  return { ...found, path: systemFolders.join(':') } as MachinePrograms;
}

async function install(packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const once = () => run(['apt-get', 'install', '-y', '--no-install-recommends', ...packages], { env });
  // Where its lists are old or missing, they are fetched.
  await once().catch(async () => {
    await run(['apt-get', 'update'], { env });
    await once();
  });
}
