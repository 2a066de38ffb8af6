import type { Clock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import { KubeConnectionError } from './kube-connection-error.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

export interface RateLimitedClientOptions {
  /** What sends the requests. It is closed with this one. */
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Requests a second on average, and at once after a rest; streams count as one. */
  readonly perSecond: number;
  readonly burst: number;
  /** Told of every request how long it was held back, in seconds. Must not throw. */
  readonly waited?: (seconds: number) => void;
}

/** A client that holds requests back, first come first served. */
export interface RateLimitedClient extends KubeClient {
  /** Another rate, also for those that wait. */
  changeRate(perSecond: number, burst: number): void;
  /** Requests that are held back. */
  readonly waiting: number;
}

/**
 * Keeps a client within a rate, so that a busy controller leaves the API server to others as well. While a request
 * is held back its signal gives it up (KubeConnectionError `aborted`), and its own timeout has not begun.
 */
export function createRateLimitedClient(options: RateLimitedClientOptions): RateLimitedClient {
  const gate = new Gate(options);
  const { client } = options;
  return {
    async request(request) {
      await gate.pass(request.signal);
      return client.request(request);
    },
    async stream(request) {
      await gate.pass(request.signal);
      return client.stream(request);
    },
    changeRate(perSecond, burst) {
      gate.changeRate(perSecond, burst);
    },
    get waiting() {
      return gate.waiting;
    },
    close() {
      gate.close();
      client.close();
    },
  };
}

class Gate {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #waited: (seconds: number) => void;
  /** In the order of their coming; each lets one request go. */
  readonly #queue = new Set<PromiseWithResolvers<void>>();
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor({ clock, perSecond, burst, waited = () => {} }: RateLimitedClientOptions) {
    this.#clock = clock;
    this.#limiter = createRateLimiter(clock, perSecond, burst);
    this.#waited = waited;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  async pass(signal: AbortSignal | undefined): Promise<void> {
    if (this.#closed) throw closedError();
    if (signal?.aborted === true) throw abortedError(signal);
    if (this.#queue.size === 0 && this.#limiter.take() === 0) {
      this.#waited(0);
      return;
    }
    const since = this.#clock.now();
    const turn = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#queue.delete(turn);
      turn.reject(abortedError(signal));
    };
    this.#queue.add(turn);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#release();
    try {
      await turn.promise;
      this.#waited((this.#clock.now() - since) / 1000);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  changeRate(perSecond: number, burst: number): void {
    this.#limiter.change(perSecond, burst);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#release();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const turn of this.#queue) turn.reject(closedError());
    this.#queue.clear();
  }

  /** Lets go whose turn it is, and comes back for the next one. */
  #release(): void {
    if (this.#cancelTimer !== undefined) return;
    for (const turn of this.#queue) {
      const wait = this.#limiter.take();
      if (wait > 0) {
        this.#cancelTimer = this.#clock.setTimer(wait, () => {
          this.#cancelTimer = undefined;
          this.#release();
        });
        return;
      }
      this.#queue.delete(turn);
      turn.resolve();
    }
  }
}

function abortedError(signal: AbortSignal | undefined): KubeConnectionError {
  return new KubeConnectionError('aborted', 'The request was aborted while it was held back', {
    cause: signal?.reason,
  });
}

function closedError(): KubeConnectionError {
  return new KubeConnectionError('closed', 'The client is closed');
}
