import { setTimeout as pause } from 'node:timers/promises';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { isKubeStatus, KubeStatusError } from '../../src/kube/kube-status-error.ts';
import type { OpenNamespace } from './open-namespace.ts';

/** Clients that create and settle executions of one workflow until they are told to stop. */
export interface BusyClients {
  /** How many creates were admitted. */
  readonly admitted: number;
  /**
   * The most executions that were certainly active at one time: their creates were answered, and nobody had
   * begun to settle them. It needs no watch, and is exact whatever the API server goes through.
   */
  readonly mostHeld: number;
  /** How often each reason was in the causes of a refusal. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Resolves when every one of their executions has settled. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const holdMilliseconds = 100;
const retryMilliseconds = 20;

/** Starts them; more than there are slots. */
export function startBusyClients(namespace: OpenNamespace, workflow: string, count = 8): BusyClients {
  const reasons = new Map<string, number>();
  let stopped = false;
  let admitted = 0;
  let held = 0;
  let mostHeld = 0;

  /** True when the execution exists by now, or may. */
  async function create(name: string): Promise<boolean> {
    try {
      await namespace.execute(workflow, name);
    } catch (error) {
      if (error instanceof KubeConnectionError) return true;
      if (!(error instanceof KubeStatusError)) throw error;
      for (const { reason = '' } of error.status.details?.causes ?? []) {
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      return false;
    }
    admitted += 1;
    held += 1;
    mostHeld = Math.max(mostHeld, held);
    await pause(holdMilliseconds);
    held -= 1;
    return true;
  }

  async function settle(name: string): Promise<void> {
    for (;;) {
      try {
        return await namespace.settle(name);
      } catch (error) {
        if (isKubeStatus(error, 404)) return;
        await pause(retryMilliseconds);
      }
    }
  }

  async function client(number: number): Promise<void> {
    for (let turn = 0; !stopped; turn += 1) {
      const name = `busy-${number}-${turn}`;
      if (await create(name)) await settle(name);
    }
  }

  const clients = Array.from({ length: count }, (_, number) => client(number));

  async function stop(): Promise<void> {
    stopped = true;
    await Promise.all(clients);
  }

  return {
    get admitted() {
      return admitted;
    },
    get mostHeld() {
      return mostHeld;
    },
    reasons,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
