import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'stepgate-control-plane-';
const abandonedMilliseconds = 24 * 60 * 60 * 1000;

/** A new folder for one control plane's data, keys and logs. */
export function createControlPlaneFolder(): string {
  removeAbandonedFolders();
  return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
}

/** Whoever is killed with -9 leaves a folder behind; those of dead processes go after a day. */
function removeAbandonedFolders(): void {
  for (const entry of readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))) {
    const folder = join(tmpdir(), entry);
    try {
      const isOld = Date.now() - statSync(folder).mtimeMs > abandonedMilliseconds;
      const owner = Number(entry.slice(prefix.length).split('-')[0]);
      if (isOld && !isAlive(owner)) rmSync(folder, { recursive: true, force: true });
    } catch {
      // somebody else removes it just now, or it is not ours to remove
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
