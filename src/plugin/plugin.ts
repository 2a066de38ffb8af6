import type { Verdict } from '../policy/verdict.ts';
import type { Action } from './action.ts';

/** What an admission check may look at: the CREATE of one execution. Nothing in it may be changed. */
export interface CheckFacts {
  readonly namespace: string;
  readonly name: string;
  readonly workflow: string;
  readonly stepNumber: number;
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** ServiceAccount that the action would act as. */
  readonly serviceAccountName: string;
  readonly user: { readonly name: string; readonly groups: readonly string[] };
  readonly dryRun: boolean;
}

/** A rule of one's own for executions: facts in, verdict out. It answers at once, without I/O, and has 250 ms. */
export interface AdmissionCheck {
  /** In CamelCase; a denial without causes carries it as its reason. */
  readonly name: string;
  /**
   * The actions it is asked about; absent: those of its own plugin. `*`: all. Where it fails, executions of its own
   * plugin's actions are refused, and others pass with a warning.
   */
  readonly actions?: readonly string[] | '*';
  check(facts: CheckFacts): Exclude<Verdict, { readonly decision: 'patch' }>;
}

/** The one concept to learn: a name, actions, and admission checks. */
export interface Plugin {
  /** A DNS label, unique among the plugins of a process. */
  readonly name: string;
  // Actions of all parameter types live in one list; each one parses its own before it runs.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly actions?: readonly Action<any>[];
  readonly checks?: readonly AdmissionCheck[];
}

/** Declares a plugin; what a file given to `--plugin` exports by default. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
