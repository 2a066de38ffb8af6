import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Etcd } from './etcd.ts';

/**
 * Copies etcd's data while etcd is stopped in its tracks: what a crash at this instant would leave, from
 * which etcd recovers everything it has acknowledged. Answers the copy's folder.
 */
export function backUp(etcd: Etcd, folder: string): string {
  const backup = mkdtempSync(join(folder, 'etcd-backup-'));
  etcd.child.signal('SIGSTOP');
  try {
    cpSync(etcd.dataFolder, backup, { recursive: true });
  } finally {
    etcd.child.signal('SIGCONT');
  }
  return backup;
}

/** Replaces the data of an etcd that does not run. */
export function putBack(backup: string, etcd: Etcd): void {
  rmSync(etcd.dataFolder, { recursive: true });
  cpSync(backup, etcd.dataFolder, { recursive: true });
}
