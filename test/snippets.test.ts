import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

function snippets(path: string): string[] {
  return [...read(path).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? '');
}

/** Pages whose TypeScript is whole: each block is a module. */
const pages = ['README.md', 'docs/clients.md', 'docs/controllers.md'];

it('the TypeScript in README and docs compiles against what the package exports', async () => {
  const folder = join(repository, '.stepgate');
  mkdirSync(folder, { recursive: true });
  const own = mkdtempSync(join(folder, 'snippets-'));
  try {
    const all = pages.flatMap((page) => snippets(page));
    expect(all.length).toBeGreaterThanOrEqual(pages.length);
    for (const [index, text] of all.entries()) writeFileSync(join(own, `snippet-${index}.ts`), text);
    writeFileSync(
      join(own, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: {
          rootDir: '../..',
          noUnusedLocals: false,
          paths: { stepgate: ['../../sdk/index.ts'], 'stepgate/testing': ['../../sdk/testing.ts'] },
        },
        include: ['.'],
      }),
    );
    const tsc = join(repository, 'node_modules/.bin/tsc');
    const { stdout } = await run(tsc, ['-p', own]).catch((error: unknown) => error as { stdout: string });
    expect(stdout).toBe('');
  } finally {
    rmSync(own, { recursive: true });
  }
});

it('the TypeScript in docs/plugins.md is that of the example, which is compiled and run', () => {
  const folder = 'examples/plugin';
  const sources = readdirSync(join(repository, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join(folder, name)))
    .join('\n');
  const lines = new Set(sources.split('\n').map((line) => line.trim()));
  const strange = snippets('docs/plugins.md').flatMap((text) =>
    text.split('\n').filter((line) => !lines.has(line.trim())),
  );
  expect(strange).toEqual([]);
});
