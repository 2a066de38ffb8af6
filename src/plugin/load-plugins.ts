import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createActionRegistry } from './action-registry.ts';
import { PluginError } from './plugin-error.ts';
import { pluginSchema } from './plugin-schema.ts';
import type { Plugin } from './plugin.ts';
import { provideModules, type ProvidedModules } from './provided-modules.ts';

/** How plugins are found. */
export interface LoadPluginsOptions {
  /** Paths are relative to this folder, and packages are looked for from here. Default: the working folder. */
  readonly folder?: string;
  /** What the plugins' own imports of these names lead to. */
  readonly provide?: ProvidedModules;
  /** How long one may take to be imported. Default 30 s. */
  readonly importMilliseconds?: number;
}

/**
 * Imports plugins: files (.js, .mjs, .ts, .mts) or packages, each with a plugin as its default export or as an
 * export `plugin`. In their order.
 *
 * @example await loadPlugins(['./plugins/restart.ts', '@acme/stepgate-plugin'])
 * @throws PluginError that names the file, and the field at fault
 */
export async function loadPlugins(
  paths: readonly string[],
  options: LoadPluginsOptions = {},
): Promise<readonly Plugin[]> {
  if (paths.length === 0) return [];
  const withdraw = provideModules(options.provide ?? {});
  try {
    const plugins: Plugin[] = [];
    // One after the other: of two that fail, the first one is named.
    for (const path of paths) plugins.push(await loadPlugin(path, options));
    createActionRegistry(plugins);
    return plugins;
  } finally {
    withdraw();
  }
}

async function loadPlugin(
  path: string,
  { folder = process.cwd(), importMilliseconds = 30_000 }: LoadPluginsOptions,
): Promise<Plugin> {
  const specifier = specifierOf(path, folder);
  const exported = await importWithin(path, specifier, importMilliseconds);
  const plugin = exported['default'] ?? exported['plugin'];
  if (plugin === undefined) {
    const names = Object.keys(exported);
    const found = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
    throw new PluginError(
      'PluginInvalid',
      `plugin ${path}: expected a plugin as its default export, or an export called plugin; ${found}`,
    );
  }
  const parsed = pluginSchema.safeParse(plugin);
  // What was exported, not a copy: a plugin may be an object with a state of its own.
  if (parsed.success) return plugin as Plugin;
  const faults = parsed.error.issues.map(({ path: field, message }) => `${fieldOf(field)}: ${message}`);
  throw new PluginError('PluginInvalid', `plugin ${path}: ${faults.join('; ')}`);
}

/** What `import` takes for it. */
function specifierOf(path: string, folder: string): string {
  const file = resolve(folder, path);
  if (existsSync(file)) return pathToFileURL(file).href;
  if (/^[./]|\.[cm]?[jt]s$/.test(path))
    throw new PluginError('PluginNotFound', `plugin ${path}: there is no file ${file}`);
  try {
    return pathToFileURL(createRequire(resolve(folder, 'plugins.js')).resolve(path)).href;
  } catch {
    // A package for `import` alone is not found by `require`: the import looks for it beside stepgate.
    return path;
  }
}

async function importWithin(
  path: string,
  specifier: string,
  milliseconds: number,
): Promise<Readonly<Record<string, unknown>>> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `plugin ${path}: its import has not ended within ${milliseconds / 1_000} s`;
    late.reject(new PluginError('PluginImportFailed', message));
  }, milliseconds);
  try {
    return await Promise.race([import(specifier) as Promise<Record<string, unknown>>, late.promise]);
  } catch (error) {
    throw error instanceof PluginError ? error : importFailure(path, specifier, error);
  } finally {
    clearTimeout(timer);
  }
}

function importFailure(path: string, specifier: string, error: unknown): PluginError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const why = error instanceof Error ? error.message : String(error);
  if (code === 'ERR_MODULE_NOT_FOUND' && why.includes(`'${specifier}'`))
    return new PluginError('PluginNotFound', `plugin ${path}: there is no such file or package`, error);
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return new PluginError(
      'PluginImportFailed',
      `plugin ${path}: it imports what is not there: ${why}`,
      error,
    );
  }
  const kind =
    error instanceof SyntaxError ? 'it is no JavaScript that Node reads' : 'it threw when imported';
  return new PluginError('PluginImportFailed', `plugin ${path}: ${kind}: ${why}`, error);
}

/** `actions[0].parameters` */
function fieldOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text === '' ? 'the plugin' : text.replace(/^\./, '');
}
