import { kubernetesExecutionKind } from '../../src/api/names.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { completeIdentity } from '../../src/policy/identity-patch.ts';
import { identifyWorkflow } from '../../src/policy/workflow-identity.ts';
import type { ObservedExecution } from '../journal/execution-view.ts';
import { markedExecution } from '../executions/marked-execution.ts';

/** How it is made. */
export interface ExecutionLabellerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves to whether the watch has come to this resourceVersion, which it is given a moment for. */
  readonly watchReached: (resourceVersion: string) => Promise<boolean>;
}

/**
 * Gives executions from before the installation the label by which the watch knows their workflow, from whatever
 * names it.
 */
export interface ExecutionLabeller {
  /** Queues an execution; again does no harm. */
  readonly label: (execution: ObservedExecution) => void;
  /** True while some are known whose label the watch has not shown yet: they are not counted so far. */
  readonly busy: boolean;
}

/** One at a time, tried until the API server answers. */
export function createExecutionLabeller({
  client,
  clock,
  logger,
  watchReached,
}: ExecutionLabellerOptions): ExecutionLabeller {
  const waiting = new Map<string, ObservedExecution>();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    for (const [uid, execution] of waiting) {
      try {
        await labelOne(execution);
        waiting.delete(uid);
      } catch (error) {
        logger.warn(
          { err: error, execution: execution.name },
          'an execution could not be labelled; trying again',
        );
        await clock.sleep(1_000);
      }
    }
    running = false;
    if (waiting.size > 0) await run();
  }

  async function labelOne({ namespace, name }: ObservedExecution): Promise<void> {
    const path = resourcePath(kubernetesExecutionKind, { namespace, name });
    try {
      const execution = await client.request<KubeObject & { readonly spec?: unknown }>({
        method: 'GET',
        path,
      });
      const identity = identifyWorkflow(markedExecution(execution, namespace));
      if ('decision' in identity) {
        logger.warn(
          { execution: name, namespace },
          `an active execution counts for no workflow: ${identity.message}`,
        );
        return;
      }
      const body = completeIdentity(identity.workflow, execution.metadata);
      // Another replica may have been first; what counts is what our own watch has shown.
      const labelled =
        body.length === 0
          ? execution
          : await client.request<KubeObject>({
              method: 'PATCH',
              path,
              body,
              contentType: 'application/json-patch+json',
            });
      if (!(await watchReached(labelled.metadata.resourceVersion))) {
        throw new Error('the watch has not shown the label yet');
      }
    } catch (error) {
      if (!isKubeStatus(error, 404)) throw error;
    }
  }

  return {
    label(execution) {
      if (waiting.has(execution.uid)) return;
      waiting.set(execution.uid, execution);
      if (!running) void run();
    },
    get busy() {
      return waiting.size > 0;
    },
  };
}
