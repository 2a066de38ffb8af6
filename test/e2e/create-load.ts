import { setTimeout as pause } from 'node:timers/promises';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { openNamespace, type OpenNamespace } from '../integration/open-namespace.ts';
import { makeStandingWorkflow, vainWork } from './standing-workflow.ts';

/** Clients that create executions without a pause, each settling its own before the next. */
export interface CreateLoad {
  readonly namespace: OpenNamespace;
  readonly workflows: readonly string[];
  /** Resolves when twenty more creates have been admitted than by now. */
  goesOn(): Promise<void>;
  /** Ends it. Further calls answer the same. */
  stop(): Promise<LoadOutcome>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What has become of the creates. */
export interface LoadOutcome {
  readonly admitted: number;
  /** Refused because the slots were taken, which is no failure. */
  readonly refused: number;
  /** What every other create said. */
  readonly failures: readonly string[];
}

/** Of one load. */
export interface LoadOptions {
  /** A namespace that there is not yet. */
  readonly namespace: string;
  /** Default 4, one client each. */
  readonly workflows?: number;
  /** Clients of each workflow. Default 1, so that its slots suffice. */
  readonly clientsEach?: number;
}

/** Starts it; resolves when the workflows are there. */
export async function startCreateLoad(client: KubeClient, options: LoadOptions): Promise<CreateLoad> {
  const namespace = await openNamespace(client, options.namespace);
  const workflows = Array.from({ length: options.workflows ?? 4 }, (_, index) => `load-${index}`);
  for (const workflow of workflows) await namespace.workflows.create(makeStandingWorkflow(workflow));
  let isStopped = false;
  let admitted = 0;
  let refused = 0;
  const failures: string[] = [];

  async function create(workflow: string, name: string): Promise<void> {
    const execution = makeExecution(name).of(workflow).withSpec(vainWork).build();
    try {
      await namespace.executions.create(execution);
    } catch (error) {
      if (isKubeStatus(error, 429)) {
        refused += 1;
        await pause(50);
      } else {
        failures.push(
          `${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}`,
        );
        await pause(200);
      }
      return;
    }
    admitted += 1;
    await settle(namespace, name);
  }

  const clients = workflows.flatMap((workflow) =>
    Array.from({ length: options.clientsEach ?? 1 }, async (_, index) => {
      for (let turn = 0; !isStopped; turn += 1) await create(workflow, `${workflow}-${index}-${turn}`);
    }),
  );
  const stop = async (): Promise<LoadOutcome> => {
    isStopped = true;
    await Promise.all(clients);
    return { admitted, refused, failures };
  };
  return {
    namespace,
    workflows,
    async goesOn() {
      const before = admitted;
      await eventually('creates go on', async () => admitted >= before + 20, 120_000);
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Also where the controller writes at the same time, or the API server is away for a moment. */
async function settle(namespace: OpenNamespace, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await namespace.settle(name);
      return;
    } catch (error) {
      // 422: the controller has settled it, and settled is for ever.
      if (isKubeStatus(error, 422) || isKubeStatus(error, 404)) return;
      if (attempt === 20) throw error;
      await pause(500);
    }
  }
}
