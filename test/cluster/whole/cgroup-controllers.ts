import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Gives a cgroup's children all controllers that it has itself. In version 1 there is nothing to do. */
export function handOnControllers(cgroup: string): void {
  const all = join(cgroup, 'cgroup.controllers');
  if (!existsSync(all)) return;
  for (const controller of readFileSync(all, 'utf8').trim().split(' ')) {
    try {
      writeFileSync(join(cgroup, 'cgroup.subtree_control'), `+${controller}`);
    } catch {
      // one that cannot be handed on; the kubelet says so where it needs it
    }
  }
}
