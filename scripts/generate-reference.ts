/**
 * Writes docs/reference.md, the reference of what the package exports, from docstrings. With --check it writes
 * nothing and exits 1 where the page is not what the sources say.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePage } from './reference-page.ts';

const root = join(import.meta.dirname, '..');
const file = join(root, 'docs/reference.md');
const page = await referencePage(root, [
  { name: 'stepgate', file: 'sdk/index.ts' },
  { name: 'stepgate/testing', file: 'sdk/testing.ts' },
]);

if (!process.argv.includes('--check')) {
  writeFileSync(file, page);
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== page) {
  console.error('docs/reference.md is not what the sources say');
  console.error('run: node scripts/generate-reference.ts');
  process.exitCode = 1;
}
