import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder, outside the checkout, in which control planes are kept: one folder for each version. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'stepgate', 'control-plane');
}
