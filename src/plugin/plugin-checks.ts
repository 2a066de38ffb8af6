import type { AdmissionCheck, Plugin } from './plugin.ts';

/** A check, and whose it is. */
export interface PluginCheck {
  /** Name of the plugin. */
  readonly plugin: string;
  readonly check: AdmissionCheck;
}

/** Answers the checks that are asked about executions with an action. */
export function createCheckFinder(plugins: readonly Plugin[]): (action: string) => readonly PluginCheck[] {
  const all = plugins.flatMap(({ name: plugin, actions = [], checks = [] }) =>
    checks.map((check) => {
      const about = check.actions ?? actions.map(({ name }) => name);
      return { plugin, check, about: about === '*' ? ('*' as const) : new Set(about) };
    }),
  );
  if (all.length === 0) return () => [];
  return (action) => all.filter(({ about }) => about === '*' || about.has(action));
}

/** False for a check without which an execution may pass. */
export function mustAnswer({ check }: PluginCheck): boolean {
  return check.onFailure !== 'allow';
}

/** True for a check that takes parameters as they came where nobody can parse them. */
export function takesRaw({ check }: PluginCheck): boolean {
  return check.unparsedParameters === 'raw';
}

/** How a check is called in messages, and in failures. */
export function partOf({ check }: PluginCheck): string {
  return `check ${check.name}`;
}
