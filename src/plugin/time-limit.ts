import { AsyncLocalStorage } from 'node:async_hooks';
import { createContext, Script } from 'node:vm';

/** Work that has been stopped because its time was up. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
  readonly code = 'TimeLimitExceeded';
  /** False where the thread had hardly any of that time: it was the machine that stood still, or the work waited. */
  readonly hasWorked: boolean;

  constructor(milliseconds: number, hasWorked: boolean) {
    super(`it has taken longer than ${milliseconds} ms`);
    this.hasWorked = hasWorked;
  }
}

/** Microseconds of the processor for each millisecond: what loops on a crowded machine has more. */
const leastWorked = 100;

/** Runs work at once, and stops it where it takes longer. What the work throws is thrown on. */
export type TimeLimit = <Result>(work: () => Result) => Result;

/**
 * Stops synchronous work after so many milliseconds: loops without end and regular expressions that backtrack for
 * years too. No promise and no AbortSignal can do that, for they need the thread that the work keeps. `node:vm` can:
 * another thread watches the time and has V8 give up. It costs a thread for each call: half a millisecond on a busy machine.
 * Not for work within work.
 */
export function createTimeLimit(milliseconds: number): TimeLimit {
  const realm = { work: (): void => undefined };
  createContext(realm);
  const script = new Script('work()');
  return <Result>(work: () => Result): Result => {
    let outcome: { readonly result: Result } | { readonly thrown: unknown } | undefined;
    realm.work = () => {
      try {
        outcome = { result: work() };
      } catch (error) {
        outcome = { thrown: error };
      }
    };
    const before = process.threadCpuUsage();
    const stopped = (): TimeLimitError => {
      const { user, system } = process.threadCpuUsage(before);
      return new TimeLimitError(milliseconds, user + system > milliseconds * leastWorked);
    };
    try {
      // Work that is stopped runs no `finally`: what it had put into AsyncLocalStorage would stay there.
      AsyncLocalStorage.snapshot()(() => script.runInContext(realm, { timeout: milliseconds }));
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw stopped();
    } finally {
      realm.work = () => undefined;
    }
    if (outcome === undefined) throw stopped();
    if ('thrown' in outcome) throw outcome.thrown;
    return outcome.result;
  };
}

/** The error is one of the other realm: no instance of our Error. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
