import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadOrder, LoadOutcome } from './load-messages.ts';

/** The process that plays all clients, one order at a time. */
export interface LoadClients {
  /** Rejects when a create gets no answer, or another than `expectedCode`. */
  carryOut(order: LoadOrder, expectedCode?: number): Promise<LoadOutcome>;
  stop(): void;
}

/** Starts the clients. */
export function startLoadClients(): LoadClients {
  const child = fork(join(import.meta.dirname, 'load-process.ts'));
  return {
    async carryOut(order, expectedCode = 201) {
      child.send(order);
      const [message] = (await once(child, 'message')) as [
        { readonly outcome: LoadOutcome } | { readonly error: string },
      ];
      if ('error' in message) throw new Error(`the clients: ${message.error}`);
      const { codes, refusal } = message.outcome;
      if (codes[expectedCode] !== order.creates) {
        throw new Error(
          `expected ${order.creates} answers ${expectedCode}, got ${JSON.stringify(codes)}: ${refusal}`,
        );
      }
      return message.outcome;
    },
    stop: () => void child.kill(),
  };
}
