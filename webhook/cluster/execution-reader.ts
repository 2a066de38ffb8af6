import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { activeExecutionFieldSelector, isSettledExecutionPhase } from '../../src/api/phase.ts';
import { listAll } from '../../src/kube/consistent-list.ts';
import { isAbsent } from '../../src/kube/is-absent.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { ExecutionReader } from '../journal/execution-view.ts';
import type { UnmarkedExecutions } from './unmarked-executions.ts';

interface StoredExecution extends KubeObject {
  readonly status?: { readonly phase?: string };
}

/** Reads that a create waits for are given up before its own deadline. */
const timeoutMilliseconds = 5_000;

/** Quorum reads of executions: no resourceVersion is given, so no cache of the API server may answer from its past. */
export function createExecutionReader(
  client: KubeClient,
  { observe }: Pick<UnmarkedExecutions, 'observe'>,
): ExecutionReader {
  return {
    async get(namespace, name) {
      try {
        const path = resourcePath(kubernetesExecutionKind, { namespace, name });
        const execution = await client.request<StoredExecution>({ method: 'GET', path, timeoutMilliseconds });
        return { ...observe(execution), settled: isSettledExecutionPhase(execution.status?.phase) };
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
    async listActive(namespace) {
      const list = await listAll<KubeObject>(client, {
        kind: kubernetesExecutionKind,
        namespace,
        fieldSelector: activeExecutionFieldSelector,
        metadataOnly: true,
        timeoutMilliseconds,
      });
      return { revision: list.resourceVersion, items: list.items.map(observe) };
    },
  };
}
