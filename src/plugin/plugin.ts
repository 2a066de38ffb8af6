import type { Verdict } from '../policy/verdict.ts';
import type { Action } from './action.ts';

/** What an admission check may look at: the CREATE of one execution. Nothing in it may be changed. */
export interface CheckFacts {
  readonly namespace: string;
  readonly name: string;
  readonly workflow: string;
  readonly stepNumber: number;
  readonly action: string;
  /**
   * What the action will get: as its schema parses them, with an object that was given as text as an object. As they came
   * where nobody here can parse them and the check asks for that (`unparsedParameters`).
   */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Name of the execution that this one undoes; absent for one that does its step. */
  readonly rollbackOf?: string;
  /** ServiceAccount that the action would act as. */
  readonly serviceAccountName: string;
  readonly user: { readonly name: string; readonly groups: readonly string[] };
  readonly dryRun: boolean;
}

/** A rule of one's own for executions: facts in, verdict out. It answers at once, without I/O, and has 250 ms. */
export interface AdmissionCheck {
  /** In CamelCase; a denial without causes carries it as its reason. */
  readonly name: string;
  /** The actions it is asked about; absent: those of its own plugin. `*`: all. */
  readonly actions?: readonly string[] | '*';
  /**
   * What becomes of an execution that it should be asked about and gives no verdict on: because it throws, hangs or
   * answers something else, or because nobody can tell what the parameters mean. `refuse`, the default, or `allow`, with
   * a warning.
   */
  readonly onFailure?: 'refuse' | 'allow';
  /**
   * What it does about parameters that nobody here can parse, because the action is neither of a plugin of the webhook nor
   * built in, or because they do not fit the built-in action of that name: it fails (`onFailure`), which is the default, or
   * it asks to be shown them `raw`, as they came. stepgate runs no action with them; another controller may.
   */
  readonly unparsedParameters?: 'fail' | 'raw';
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
