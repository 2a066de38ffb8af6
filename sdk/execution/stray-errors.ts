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
  /** Tells of each error of plugin code; the listener must not throw. Returns the function that unsubscribes. */
  listen(listener: (code: ActionCode, error: unknown) => void): () => void;
  /** Ends the catching. */
  stop(): void;
}

/** Where errors that nobody handles are looked for, and who is told. */
export interface StrayErrorsOptions {
  /** `process`; its rejections and exceptions that nobody handles are listened to. */
  readonly process: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  readonly logger: KubeLogger;
}

/**
 * Keeps the process alive when the code of an action leaves a promise rejected, or throws in a timer, after it has
 * returned: it is logged as that action's. Every other error ends the process, as without this. For who runs plugins
 * and owns the process.
 */
export function catchStrayErrors({ process, logger }: StrayErrorsOptions): StrayErrors {
  const listeners = new Set<(code: ActionCode, error: unknown) => void>();
  const running = new AsyncLocalStorage<ActionCode>();
  const onError = (error: unknown): void => {
    const code = running.getStore();
    // Thrown from here, it ends the process.
    if (code === undefined) throw error;
    running.exit(() => {
      logger.error({ ...code, err: error }, 'The code of an action has let go of an error');
      for (const listener of listeners) listener(code, error);
    });
  };
  process.on('unhandledRejection', onError);
  process.on('uncaughtException', onError);
  return {
    within: (code, run) => running.run(code, run),
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      process.off('unhandledRejection', onError);
      process.off('uncaughtException', onError);
    },
  };
}
