/**
 * Packs what would be published and has publint and attw judge it: every file that package.json names is in
 * it, and every export has types that a user's compiler finds. Needs a build in dist. Exits 1 with what is wrong.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const tools = join(root, 'node_modules/.bin');
const folder = mkdtempSync(join(tmpdir(), 'stepgate-package-'));

try {
  await run('npm', ['pack', '--loglevel=error', '--pack-destination', folder], { cwd: root });
  const archive = join(folder, readdirSync(folder)[0] ?? '');
  const verdicts = await Promise.all([
    judge('publint', [archive, '--strict']),
    // ESM only: a CommonJS user of Node 22.12 or later can require() it as well.
    judge('attw', [archive, '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'ascii']),
  ]);
  for (const verdict of verdicts.filter((each) => each !== undefined)) console.error(verdict);
  process.exitCode = verdicts.every((verdict) => verdict === undefined) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** What the tool prints where it finds fault, else undefined. */
async function judge(tool: string, args: readonly string[]): Promise<string | undefined> {
  try {
    await run(join(tools, tool), args);
    return undefined;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${tool}:\n${stdout ?? ''}${stderr ?? ''}${stdout === undefined ? String(error) : ''}`;
  }
}
