import type { Action } from './action.ts';
import { PluginError } from './plugin-error.ts';
import type { Plugin } from './plugin.ts';

/** An action, and whose it is. */
export interface RegisteredAction {
  // Each action parses the parameters of its own type.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly action: Action<any>;
  /** Name of the plugin. */
  readonly plugin: string;
}

/** The actions of all plugins of a process. */
export interface ActionRegistry {
  /** Undefined for an action that no plugin has. */
  readonly find: (name: string) => RegisteredAction | undefined;
  /** Every name, sorted. */
  readonly names: readonly string[];
}

/**
 * The actions of these plugins by name.
 * @throws PluginError `PluginDuplicate` where two plugins, two actions or two checks of one plugin have one name
 */
export function createActionRegistry(plugins: readonly Plugin[]): ActionRegistry {
  refuseDoubled(
    plugins.map(({ name }) => name),
    (name) => `two plugins are called "${name}"`,
  );
  const actions = new Map<string, RegisteredAction>();
  for (const { name: plugin, actions: own = [], checks = [] } of plugins) {
    refuseDoubled(
      checks.map(({ name }) => name),
      (name) => `plugin "${plugin}" has two checks called "${name}"`,
    );
    for (const action of own) {
      const other = actions.get(action.name);
      if (other !== undefined)
        throw new PluginError('PluginDuplicate', doubledAction(action.name, other.plugin, plugin));
      actions.set(action.name, { action, plugin });
    }
  }
  return { find: (name) => actions.get(name), names: [...actions.keys()].toSorted() };
}

function refuseDoubled(names: readonly string[], message: (name: string) => string): void {
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) throw new PluginError('PluginDuplicate', message(doubled));
}

function doubledAction(action: string, one: string, other: string): string {
  return one === other
    ? `plugin "${one}" has two actions called "${action}"`
    : `the plugins "${one}" and "${other}" both have an action "${action}"`;
}
