import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '../sdk/index.ts';
import { fakeKube, ParametersError, runAction } from '../sdk/testing.ts';
import { describe, expect, it } from 'vitest';

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

describe('the plugin in README.md', () => {
  const pod = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'shop' } },
  });

  async function restart(parameters: object) {
    const folder = join(repository, '.stepgate');
    mkdirSync(folder, { recursive: true });
    const own = mkdtempSync(join(folder, 'snippets-'));
    try {
      const file = join(own, 'acme.ts');
      const [text = ''] = snippets('README.md').filter((each) => each.includes('definePlugin'));
      writeFileSync(file, text);
      const { default: plugin } = (await import(pathToFileURL(file).href)) as { readonly default: Plugin };
      const [action] = plugin.actions ?? [];
      if (action === undefined) throw new Error('the plugin has no action');
      const kube = fakeKube({ objects: [pod('web-0'), pod('web-1')] });
      const outcome = await runAction(action, { parameters, kube }).catch((error: unknown) => error);
      const left = kube.objects('Pod').map((object) => (object['metadata'] as { name: string }).name);
      return { outcome, left };
    } finally {
      rmSync(own, { recursive: true });
    }
  }

  it('deletes the pod that it is told to', async () => {
    expect(await restart({ pod: 'web-0' })).toMatchObject({ left: ['web-1'] });
  });

  it.each(['?labelSelector=app', 'x?labelSelector=app', '../pods', 'web-0/eviction', 'web-0%2Feviction', ''])(
    'deletes nothing for the name %j',
    async (name) => {
      const { outcome, left } = await restart({ pod: name });
      expect(outcome).toBeInstanceOf(ParametersError);
      expect(left).toEqual(['web-0', 'web-1']);
    },
  );
});

it.each([...pages, 'docs/plugins.md'])('the TypeScript in %s puts no path together by hand', (page) => {
  expect(snippets(page).filter((text) => /\/apis?\/[^']*\$\{/.test(text))).toEqual([]);
});
