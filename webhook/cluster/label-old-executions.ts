import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus, KubeStatusError } from '../../src/kube/kube-status-error.ts';
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
  /** Counts an execution without its label: the API server refuses that one for good. */
  readonly count: (execution: ObservedExecution & { readonly workflow: string }) => void;
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
  count,
}: ExecutionLabellerOptions): ExecutionLabeller {
  const waiting = new Map<string, ObservedExecution>();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.size > 0) {
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
    }
    running = false;
  }

  async function labelOne(observed: ObservedExecution): Promise<void> {
    const { namespace, name } = observed;
    const path = resourcePath(kubernetesExecutionKind, { namespace, name });
    let workflow: string | undefined;
    try {
      const execution = await client.request<StoredExecution>({ method: 'GET', path });
      // It holds no slot any more, and the watch of active ones would never show its label.
      if (isSettledExecutionPhase(execution.status?.phase)) return;
      const identity = identifyWorkflow(markedExecution(execution, namespace));
      if ('decision' in identity) {
        logger.warn(
          { execution: name, namespace },
          `an active execution counts for no workflow: ${identity.message}`,
        );
        return;
      }
      workflow = identity.workflow;
      const body = completeIdentity(workflow, execution.metadata);
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
      if (isKubeStatus(error, 404)) return;
      if (workflow === undefined || !isFinal(error)) throw error;
      logger.error(
        { err: error, execution: name, namespace, workflow },
        'an execution may not be labelled; it is counted by what it refers to',
      );
      count({ ...observed, workflow });
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

interface StoredExecution extends KubeObject {
  readonly spec?: unknown;
  readonly status?: { readonly phase?: string };
}

/** A refusal that is the same the next time: another policy of the cluster, as a rule. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof KubeStatusError)) return false;
  const { code } = error.status;
  return code >= 400 && code < 500 && ![401, 408, 409, 429].includes(code);
}
