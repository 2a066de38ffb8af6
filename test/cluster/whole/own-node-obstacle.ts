import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../executable.ts';
import { handOnControllers } from './cgroup-controllers.ts';
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

/** In version 2 a cgroup that has processes itself hands nothing on: so it is in most containers. */
function cgroupObstacle(): string | undefined {
  const root = '/sys/fs/cgroup';
  const isVersion2 = existsSync(join(root, 'cgroup.controllers'));
  const probe = join(isVersion2 ? root : join(root, 'memory'), `stepgate-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    try {
      if (!isVersion2) return undefined;
      handOnControllers(root);
      const has = readFileSync(join(probe, 'cgroup.controllers'), 'utf8').split(/\s+/);
      const lacks = ['cpu', 'cpuset', 'memory', 'pids'].filter((controller) => !has.includes(controller));
      return lacks.length === 0 ? undefined : `cgroups are made without ${lacks.join(', ')}`;
    } finally {
      rmdirSync(probe);
    }
  } catch (error) {
    return `no cgroup can be made (${String(error)})`;
  }
}
