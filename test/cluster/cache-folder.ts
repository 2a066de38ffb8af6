import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder, outside the checkout, in which programs of one kind are kept: one folder for each version. */
export function cacheFolder(kind: 'control-plane' | 'cert-manager' | 'helm'): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'stepgate', kind);
}
