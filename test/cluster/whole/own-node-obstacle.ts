import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../executable.ts';
import { systemFolders } from './machine-programs.ts';

/** Why this machine cannot have a node of our own; undefined where it can. */
export function ownNodeObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'this is not root';
  const unshare = findExecutable('unshare', systemFolders);
  if (unshare === undefined) return 'there is no unshare (util-linux)';
  const namespaces = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--mount-proc', 'true'];
  if (spawnSync(unshare, namespaces).status !== 0) return 'no namespaces can be made (unshare)';
  return cgroupObstacle();
}

function cgroupObstacle(): string | undefined {
  const root = '/sys/fs/cgroup';
  try {
    const hierarchy = readdirSync(root).includes('cgroup.controllers') ? root : join(root, 'memory');
    const probe = join(hierarchy, `stepgate-probe-${process.pid}`);
    mkdirSync(probe);
    rmdirSync(probe);
    return undefined;
  } catch (error) {
    return `no cgroup can be made (${String(error)})`;
  }
}
