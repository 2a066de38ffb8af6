import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { environmentOf } from '../../bench/environment.ts';

/** What the suite measures; a key that is missing was not reached. */
export interface E2eResults {
  rolling_update?: { readonly creates: number; readonly failed: number };
  renewal?: { readonly requests: number; readonly failed: number };
  kill?: { readonly violations: number; readonly slots_back_seconds: number };
  drain?: { readonly creates: number; readonly failed: number };
  install_seconds?: number;
  webhook_rss_mb?: number;
  controller_rss_mb?: number;
  image_mb?: number;
}

const file = join(import.meta.dirname, '../../bench/results/e2e.json');

const measured: readonly (keyof E2eResults)[] = [
  'install_seconds',
  'rolling_update',
  'renewal',
  'drain',
  'kill',
  'webhook_rss_mb',
  'controller_rss_mb',
  'image_mb',
];

/**
 * Writes them to bench/results/e2e.json, with what they were measured on. A run of some parts of the suite writes
 * nothing, so that what is there was measured together.
 */
export function writeResults(
  results: E2eResults,
  { version, made }: { version: string; made: string },
): void {
  if (measured.some((key) => results[key] === undefined)) return;
  mkdirSync(dirname(file), { recursive: true });
  const text = JSON.stringify(
    { ...results, cluster: made, environment: environmentOf(version) },
    undefined,
    2,
  );
  writeFileSync(file, `${text}\n`);
}

/** To one decimal. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
