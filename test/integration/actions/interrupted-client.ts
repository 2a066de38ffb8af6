import type { KubeClient } from '../../../src/kube/kube-client.ts';

/** When an attempt is interrupted: before its call number `call` (from 1) is sent, or once that was answered. */
export interface Interruption {
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** Counts the writes and reads of an attempt, and ends it at one of them. */
export interface InterruptedCalls {
  readonly count: number;
  /** The client with each of its calls counted. */
  client(kube: KubeClient): KubeClient;
  /** Another call that an attempt makes. */
  call<Answer>(send: () => Promise<Answer>): Promise<Answer>;
  readonly signal: AbortSignal;
}

/** Without an interruption it only counts. */
export function interruptedCalls(at?: Interruption): InterruptedCalls {
  const controller = new AbortController();
  let count = 0;
  const interrupt = (): void => {
    controller.abort(new Error('The attempt was interrupted'));
    controller.signal.throwIfAborted();
  };

  async function call<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    controller.signal.throwIfAborted();
    count += 1;
    const isIt = count === at?.call;
    if (isIt && at.when === 'before') interrupt();
    try {
      return await send();
    } finally {
      // Whatever was answered, a refusal too, is not learned.
      if (isIt) interrupt();
    }
  }

  return {
    get count() {
      return count;
    },
    signal: controller.signal,
    call,
    client: (kube) => ({
      request: (request) => call(() => kube.request(request)),
      stream: (request) => call(() => kube.stream(request)),
      close() {},
    }),
  };
}
