import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPlugins } from './load-plugins.ts';
import { PluginError } from './plugin-error.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-plugins-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(path: string, text: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  return path;
}

async function failure(paths: readonly string[], importMilliseconds = 30_000): Promise<PluginError> {
  try {
    await loadPlugins(paths, { folder, importMilliseconds });
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
  throw new Error('it was loaded');
}

const names = async (...paths: string[]) => (await loadPlugins(paths, { folder })).map(({ name }) => name);

/** No schema of zod's, but all that is asked of one. */
const schema = '{ _zod: {}, safeParse: () => ({ success: true }) }';
const restart = `{ name: 'restart', parameters: ${schema}, run: async () => {} }`;

describe('a plugin is found', () => {
  it('as a file of JavaScript or TypeScript, as its default export or as plugin, in the order given', async () => {
    file('plugins/one.mjs', `export default { name: 'one', actions: [${restart}], more: 1 };`);
    file('two.ts', `const name: string = 'two'; export const plugin = { name };`);
    expect(
      await names('./two.ts', 'plugins/one.mjs', join(folder, 'plugins/one.mjs')).catch(
        (e: Error) => e.message,
      ),
    ).toBe('two plugins are called "one"');
    expect(await names('./two.ts', 'plugins/one.mjs')).toEqual(['two', 'one']);
  });

  it('as a package of the working folder', async () => {
    file('node_modules/acme/package.json', '{"name":"acme","type":"module","exports":"./index.js"}');
    file('node_modules/acme/index.js', `export default { name: 'acme' };`);
    expect(await names('acme')).toEqual(['acme']);
  });

  it('nowhere, where nobody asks for one', async () => {
    expect(await loadPlugins([])).toEqual([]);
  });
});

it.each<[string, string, string]>([
  ['a file that is not there', './nothing.ts', 'plugin ./nothing.ts: there is no file '],
  [
    'a package that is not there',
    'no-such-plugin',
    'plugin no-such-plugin: there is no such file or package',
  ],
])('%s is not found', async (_, path, message) => {
  expect(await failure([path])).toMatchObject({
    code: 'PluginNotFound',
    message: expect.stringContaining(message),
  });
});

it.each<[string, string, string]>([
  ['throws', `throw new Error('no licence');`, 'it threw when imported: no licence'],
  ['imports what is not there', `import './missing.js';`, 'it imports what is not there: '],
])('a file that %s cannot be imported', async (how, text, message) => {
  const path = file(`broken/${how.replaceAll(' ', '-')}.mjs`, text);
  expect(await failure([path])).toMatchObject({
    code: 'PluginImportFailed',
    message: expect.stringContaining(`plugin ${path}: ${message}`),
  });
});

it('a file whose import never ends is given up', async () => {
  const path = file('endless.mjs', 'await new Promise(() => setInterval(() => {}, 1_000_000).unref());');
  expect(await failure([path], 50)).toMatchObject({
    code: 'PluginImportFailed',
    message: expect.stringContaining('has not ended within 0.05 s'),
  });
});

describe('what is no plugin is refused, with the field', () => {
  const cases: readonly (readonly [what: string, text: string, message: string])[] = [
    [
      'nothing',
      'const x = 1;',
      'expected a plugin as its default export, or an export called plugin; it exports nothing',
    ],
    ['another export', 'export const one = 1;', 'it exports one'],
    ['a text', `export default 'acme';`, 'the plugin: '],
    ['no name', 'export default {};', 'name: '],
    ['a name that is no label', `export default { name: 'Acme Corp' };`, 'name: expected a DNS label'],
    ['actions that are no list', `export default { name: 'a', actions: {} };`, 'actions: '],
    [
      'an action without a run',
      `export default { name: 'a', actions: [{ name: 'x', parameters: ${schema} }] };`,
      'actions[0].run: expected a function',
    ],
    [
      'a schema of zod 3',
      `export default { name: 'a', actions: [{ name: 'x', parameters: { _def: {}, safeParse() {} }, run() {} }] };`,
      'actions[0].parameters: expected a schema of zod 4',
    ],
    [
      'a check that is async',
      `export default { name: 'a', checks: [{ name: 'Mine', check: async () => {} }] };`,
      'checks[0].check: expected a function that is not async',
    ],
    [
      'a check whose name is none',
      `export default { name: 'a', checks: [{ name: 'my check', check() {} }] };`,
      'checks[0].name: expected a name in CamelCase',
    ],
    [
      'checks of the wrong actions',
      `export default { name: 'a', checks: [{ name: 'Mine', actions: 'x', check() {} }] };`,
      "checks[0].actions: expected '*' or a list of actions",
    ],
    [
      'a check with another word for what a failure does',
      `export default { name: 'a', checks: [{ name: 'Mine', onFailure: 'Ignore', check() {} }] };`,
      "checks[0].onFailure: expected 'refuse' or 'allow'",
    ],
    [
      'a check with another word for actions that nobody knows',
      `export default { name: 'a', checks: [{ name: 'Mine', unparsedParameters: 'ignore', check() {} }] };`,
      "checks[0].unparsedParameters: expected 'fail' or 'raw'",
    ],
  ];
  it.each(cases)('%s', async (what, text, message) => {
    const path = file(`wrong/${what.replaceAll(' ', '-')}.mjs`, text);
    const error = await failure([path]);
    expect(error.code).toBe('PluginInvalid');
    expect(error.message).toContain(`plugin ${path}: `);
    expect(error.message).toContain(message);
  });
});

describe('names that are taken are refused:', () => {
  const one = () => file('same/one.mjs', `export default { name: 'one', actions: [${restart}] };`);
  it.each([
    [
      'one action of two plugins',
      `{ name: 'two', actions: [${restart}] }`,
      'the plugins "one" and "two" both have an action "restart"',
    ],
    [
      'two actions of one plugin',
      `{ name: 'two', actions: [{ ...${restart}, name: 'b' }, { ...${restart}, name: 'b' }] }`,
      'plugin "two" has two actions called "b"',
    ],
    [
      'two checks of one plugin',
      `{ name: 'two', checks: [{ name: 'Mine', check() {} }, { name: 'Mine', check() {} }] }`,
      'plugin "two" has two checks called "Mine"',
    ],
  ])('%s', async (what, text, message) => {
    const path = file(`same/${what.replaceAll(' ', '-')}.mjs`, `export default ${text};`);
    expect(await failure([one(), path])).toMatchObject({ code: 'PluginDuplicate', message });
  });
});

/** What Node itself makes of an import: vitest resolves and transforms in its own ways. Answers names, or a message. */
async function loadInNode(path: string, provide: Record<string, string> = {}): Promise<string> {
  const script = `
    const [loader, path, folder, provide] = process.argv.slice(1);
    const { loadPlugins } = await import(loader);
    await loadPlugins([path], { folder, provide: JSON.parse(provide) }).then(
      (plugins) => console.log(plugins.map(({ name }) => name).join()),
      ({ code, message }) => console.log(code + ' ' + message),
    );`;
  const loader = pathToFileURL(join(import.meta.dirname, 'load-plugins.ts')).href;
  const args = ['--input-type=module', '--eval', script, loader, path, folder, JSON.stringify(provide)];
  return (await promisify(execFile)(process.execPath, args)).stdout.trim();
}

describe('in Node itself', () => {
  it('a file that is no JavaScript is refused as that', async () => {
    const path = file('broken/half.mjs', 'export default {');
    expect(await loadInNode(path)).toMatch(
      /^PluginImportFailed plugin broken\/half.mjs: it is no JavaScript that Node reads: /,
    );
  });

  it('a package for import alone is not there', async () => {
    expect(await loadInNode('no-such-plugin')).toBe(
      'PluginNotFound plugin no-such-plugin: there is no such file or package',
    );
  });

  it('a file of TypeScript gets the stepgate that loads it, and zod, wherever it lies', async () => {
    const sdk = file('elsewhere/sdk.mjs', 'export const definePlugin = (plugin) => plugin;');
    const path = file(
      'alone.ts',
      `import { definePlugin } from 'stepgate'; import { z } from 'zod';
       const name: string = 'alone';
       export default definePlugin({ name, actions: [{ name: 'x', parameters: z.object({}), run() {} }] });`,
    );
    const provide = { stepgate: pathToFileURL(join(folder, sdk)).href };
    expect(await loadInNode(path, provide)).toBe('alone');
    expect(await loadInNode(path)).toMatch(/^PluginImportFailed .* it imports what is not there: .*stepgate/);
  });
});
