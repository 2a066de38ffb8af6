import { AsyncLocalStorage } from 'node:async_hooks';
import type { KubeLogger } from '../../src/kube/kube-logger.ts';

/** Whose code runs. */
export interface ActionCode {
  readonly action: string;
  /** `namespace/name` */
  readonly execution: string;
}

/** Tells errors that plugin code has let go of from all others. */
export interface StrayErrors {
  /** Calls plugin code so that whatever it leaves behind, promises and timers, is known as its own. */
  within<Result>(code: ActionCode, run: () => Result): Result;
  /** Ends the catching. */
  stop(): void;
}

/** Where errors that nobody handles are looked for, and who is told. */
export interface StrayErrorsOptions {
  /** `process`; its rejections and exceptions that nobody handles are listened to. */
  readonly process: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  readonly logger: KubeLogger;
  /** Called for each error of plugin code. */
  readonly onCaught?: (code: ActionCode, error: unknown) => void;
}

/**
 * Keeps the process alive when the code of an action leaves a promise rejected, or throws in a timer, after it has
 * returned: it is logged as that action's. Every other error ends the process, as without this. For who runs plugins
 * and owns the process.
 */
export function catchStrayErrors({ process, logger, onCaught }: StrayErrorsOptions): StrayErrors {
  const running = new AsyncLocalStorage<ActionCode>();
  const onError = (error: unknown): void => {
    const code = running.getStore();
    // Thrown from here, it ends the process.
    if (code === undefined) throw error;
    running.exit(() => {
      logger.error({ ...code, err: error }, 'The code of an action has let go of an error');
      onCaught?.(code, error);
    });
  };
  process.on('unhandledRejection', onError);
  process.on('uncaughtException', onError);
  return {
    within: (code, run) => running.run(code, run),
    stop() {
      process.off('unhandledRejection', onError);
      process.off('uncaughtException', onError);
    },
  };
}
