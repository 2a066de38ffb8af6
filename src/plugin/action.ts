import type { z } from 'zod';
import type { KubeClient } from '../kube/kube-client.ts';
import type { KubeLogger } from '../kube/kube-logger.ts';

/** The execution that an action works for. */
export interface ActionExecution {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Name of its workflow, in the same namespace. */
  readonly workflow: string;
  readonly stepNumber: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /**
   * True where the attempt before this one did not fail, but was interrupted: its controller ended, or the API server
   * did not answer it.
   */
  readonly resumed?: boolean;
  /** How long this attempt may take, in milliseconds; absent: the execution names none, and `max-step-timeout` holds. */
  readonly timeoutMilliseconds?: number;
  /** The ServiceAccount of the namespace that the action acts as. */
  readonly serviceAccountName: string;
}

/** What an action is given to do its work. */
export interface ActionContext<Parameters> {
  /** As the action's schema has parsed them. */
  readonly parameters: Parameters;
  /** Acts as the ServiceAccount of the execution's namespace, never with the controller's own rights. */
  readonly kube: KubeClient;
  /** Aborted when the time is up, the execution is deleted or the controller stops. Hand it to every request. */
  readonly signal: AbortSignal;
  readonly logger: KubeLogger;
  readonly execution: ActionExecution;
  /**
   * Writes what a rollback will need into the execution's `status.result` before something is changed, so that a
   * crash in between loses nothing. The value must be JSON of at most 64 KiB.
   */
  readonly remember: (result: unknown) => Promise<void>;
  /**
   * Waits without holding one of the places that actions run in, so that what waits for long keeps none from running:
   * `await whileWaiting(() => untilGone(pod))`. Hand the signal to what is waited for. It resolves when there is a place
   * again.
   */
  readonly whileWaiting: <Value>(wait: () => Promise<Value>) => Promise<Value>;
  /** What an earlier attempt of this execution has remembered, or undefined. */
  readonly remembered: unknown;
}

/** The execution that a rollback undoes. */
export interface UndoneExecution {
  readonly name: string;
  /** RFC 3339, by the API server; undefined where it is not known. */
  readonly createdAt: string | undefined;
}

/**
 * What the rollback of an action is given: the context, and what the run had returned or remembered. `parameters` are those
 * of the run, and were approved with it: they alone say what is undone.
 */
export interface RollbackContext<Parameters> extends ActionContext<Parameters> {
  /**
   * `status.result` of the execution that is undone; undefined when it has none. It contributes values of before. Parse it
   * strictly, and take neither a name nor a kind nor a path from it: nobody has approved what a status says.
   */
  readonly result: unknown;
  readonly undone: UndoneExecution;
}

/** Something that a step can do. */
export interface Action<Parameters = unknown> {
  /** As steps name it: `scale_deployment`. */
  readonly name: string;
  /** What `spec.parameters` must be; checked at admission, and again before the action runs. */
  readonly parameters: z.ZodType<Parameters>;
  /**
   * True when doing it twice is the same as doing it once, so that a run which a crash, or a request without an answer,
   * has interrupted is taken up again. Default true. False: such an execution fails and says that it cannot be known
   * what was done.
   */
  readonly repeatable?: boolean;
  /** Does it. What it returns becomes `status.result`; what it throws becomes the message of a failed attempt. */
  run(context: ActionContext<Parameters>): Promise<unknown>;
  /** Undoes what `run` did. Absent: it cannot be undone. */
  rollback?(context: RollbackContext<Parameters>): Promise<unknown>;
}

/**
 * Declares an action; its parameters' type is that of the schema.
 *
 * @example
 * const restart = defineAction({
 *   name: 'restart',
 *   parameters: z.object({ deployment: z.string() }),
 *   async run({ parameters, kube, signal }) { … },
 * });
 */
export function defineAction<Parameters>(action: Action<Parameters>): Action<Parameters> {
  return action;
}
