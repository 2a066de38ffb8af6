import { deny, type Deny } from '../policy/verdict.ts';

/** How a plugin has failed. `resting`: it was not asked, for it has hung moments ago. */
export type PluginFailureKind = 'threw' | 'hung' | 'nonsense' | 'resting';

/** A part of a plugin that gave no answer. */
export interface PluginFailure {
  readonly plugin: string;
  /** `check NotOnFridays`, `the schema of action restart`. */
  readonly part: string;
  readonly kind: PluginFailureKind;
  /** What it threw; for the log alone. */
  readonly error?: unknown;
}

const whatItDid: Readonly<Record<PluginFailureKind, string>> = {
  threw: 'has thrown an error',
  hung: 'gave no answer in time',
  nonsense: 'gave an answer that is none',
  resting: 'gave no answer in time to another request moments ago',
};

/** What happened, in a sentence without its end. The error's text is not for whoever may create an object. */
export function describeFailure({ plugin, part, kind }: PluginFailure): string {
  return `plugin "${plugin}" has failed: ${part} ${whatItDid[kind]}`;
}

/** The denial of an execution whose own plugin gave no answer. */
export function pluginFailed(failure: PluginFailure): Deny {
  const message = `Nobody can tell whether this execution may be: ${describeFailure(failure)}. stepgate's log says more.`;
  return deny(500, 'InternalError', message, [{ reason: 'PluginFailed', message }]);
}
