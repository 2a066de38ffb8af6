import { AsyncLocalStorage } from 'node:async_hooks';
import type { KubeLogger } from '../kube/kube-logger.ts';

/** Tells errors that plugin code has let go of from all others. `Code` says whose code it is; the log shows it. */
export interface StrayErrors<Code extends object> {
  /** Calls plugin code so that whatever it leaves behind, promises and timers, is known as its own. */
  within<Result>(code: Code, run: () => Result): Result;
  /** Tells of each error of plugin code; the listener must not throw. Returns the function that unsubscribes. */
  listen(listener: (code: Code, error: unknown) => void): () => void;
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
 * Keeps the process alive when the code of a plugin leaves a promise rejected, or throws in a timer, after it has
 * returned: it is logged as that plugin's. Every other error ends the process, as without this. For who runs plugins
 * and owns the process.
 */
export function catchStrayErrors<Code extends object>({
  process,
  logger,
}: StrayErrorsOptions): StrayErrors<Code> {
  const listeners = new Set<(code: Code, error: unknown) => void>();
  const running = new AsyncLocalStorage<Code>();
  const onError = (error: unknown): void => {
    const code = running.getStore();
    // Thrown from here, it ends the process.
    if (code === undefined) throw error;
    running.exit(() => {
      logger.error({ ...code, err: error }, 'The code of a plugin has let go of an error');
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
