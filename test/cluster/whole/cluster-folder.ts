import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { handOnControllers } from './cgroup-controllers.ts';

const prefix = 'stepgate-cluster-';
const cgroups = '/sys/fs/cgroup';

/** What a cluster has on this machine outside of its namespaces: a folder, and cgroups that are named like it. */
export interface ClusterFolder {
  readonly path: string;
  /** Path of a cgroup for a node, below the root of every hierarchy: `/stepgate-cluster-…/node-1`. */
  cgroup(node: string): string;
  /** Removes both, once no process is left in the cgroups. */
  remove(): Promise<void>;
}

/**
 * Waits for a line of ours, or for the end of us, and then removes cgroups and folder. When we have just died, what
 * we started is still dying. A cgroup can be removed when the last process in it has ended, and nobody tells when.
 */
const sweep = `
name=$1 folder=$2
shift
left() { find /sys/fs/cgroup -maxdepth 2 -type d -name "$name"; }
read -r line || sleep 2
for attempt in $(seq 600); do
  for hierarchy in $(left); do find "$hierarchy" -depth -type d -exec rmdir {} + 2>/dev/null; done
  rm -rf "$@" 2>/dev/null
  [ -e "$folder" ] || [ -n "$(left)" ] || exit 0
  sleep 0.1
done
exit 1
`;

/**
 * Makes both, and sees to it that they go when this process ends, however that happens.
 *
 * @param others folders that go with them
 */
export function createClusterFolder(others: readonly string[]): ClusterFolder {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const name = basename(path);
  const sweeper = spawn('sh', ['-c', sweep, 'sweep', name, path, ...others], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // ^C is for us
  });
  const swept = new Promise<number | null>((resolve, reject) => {
    sweeper.once('error', reject).once('exit', resolve);
  });
  return {
    path,
    cgroup(node) {
      for (const hierarchy of hierarchies()) {
        mkdirSync(join(hierarchy, name), { recursive: true });
        for (const parent of [hierarchy, join(hierarchy, name)]) handOnControllers(parent);
        mkdirSync(join(hierarchy, name, node));
      }
      return `/${name}/${node}`;
    },
    async remove() {
      sweeper.stdin.end('remove\n');
      const exitCode = await swept;
      if (exitCode !== 0) throw new Error(`${path} or its cgroups could not be removed (${exitCode})`);
    },
  };
}

/** The folders that are roots of cgroups: one with version 2, one for each controller with version 1. */
function hierarchies(): string[] {
  if (readdirSync(cgroups).includes('cgroup.controllers')) return [cgroups];
  return readdirSync(cgroups, { withFileTypes: true })
    .filter((entry) => entry.isDirectory()) // not links, as of cpu to cpu,cpuacct
    .map((entry) => join(cgroups, entry.name));
}
