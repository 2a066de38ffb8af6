import type { Guard } from './guard.ts';
import { guardsOfDeciders } from './guards-of-deciders.ts';
import { guardsOfCallers } from './guards-of-callers.ts';
import { guardsOfDecisions } from './guards-of-decisions.ts';
import { guardsOfExecutions } from './guards-of-executions.ts';
import { guardsOfKubernetes } from './guards-of-kubernetes.ts';
import { guardsOfPlugins } from './guards-of-plugins.ts';
import { guardsOfStamps } from './guards-of-stamps.ts';

/**
 * Every guard by its name. Mutated replicas read this before they load the product, so it imports nothing of it.
 */
export const guards = {
  ...guardsOfDecisions,
  ...guardsOfDeciders,
  ...guardsOfStamps,
  ...guardsOfExecutions,
  ...guardsOfKubernetes,
  ...guardsOfCallers,
  ...guardsOfPlugins,
} as const satisfies Readonly<Record<string, Guard>>;

export type GuardName = keyof typeof guards;

export const guardNames = Object.keys(guards) as GuardName[];
