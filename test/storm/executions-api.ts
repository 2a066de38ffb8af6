import {
  kubernetesExecutionKind,
  labelValueMaxLength,
  workflowAnnotation,
  workflowLabel,
} from '../../src/api/names.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { makeExecution, makeGeneratedExecution } from '../builders/execution-builder.ts';
import { answerOf, okAnswer } from './answer.ts';
import type { StormWorkflow } from './board.ts';
import { type Answer, type CreateRecord, now, type Operation, requestLabel } from './records.ts';

/** Where every answer goes, with how long it took. */
export interface StormLog {
  /** The creates by their id. */
  readonly creates: Map<string, CreateRecord>;
  answered(operation: Operation, answer: Answer, milliseconds: number): void;
  nextId(): string;
  /** True from the end of the storm on. */
  recovering: boolean;
}

/** What a create is to be. */
export interface WantedExecution {
  readonly operation: Operation;
  readonly workflow: StormWorkflow;
  /** Undefined: the API server makes one up. */
  readonly name: string | undefined;
  /** True: the workflow is named in the spec, and the webhook completes the label. */
  readonly byReference?: boolean;
}

/** The requests of one client about executions. None of them rejects for what the API server answers. */
export interface ExecutionsApi {
  create(wanted: WantedExecution): Promise<CreateRecord>;
  settle(workflow: StormWorkflow, name: string, phase: string): Promise<Answer>;
  delete(workflow: StormWorkflow, name: string): Promise<Answer>;
  /** Tries to give the execution to another workflow, or to none. */
  move(workflow: StormWorkflow, name: string, to: StormWorkflow | undefined): Promise<Answer>;
  /** Tries to write a phase, or no status at all, over that of a settled execution. */
  revive(workflow: StormWorkflow, name: string, status: object | null): Promise<Answer>;
}

/** Over one of the connections that clients share. */
export function createExecutionsApi(client: KubeClient, log: StormLog): ExecutionsApi {
  async function ask(operation: Operation, request: KubeRequest): Promise<{ answer: Answer; name?: string }> {
    const startedAt = now();
    try {
      const { metadata } = await client.request<KubeObject>(request);
      log.answered(operation, okAnswer, now() - startedAt);
      return { answer: okAnswer, name: metadata.name };
    } catch (error) {
      const answer = answerOf(error);
      log.answered(operation, answer, now() - startedAt);
      return { answer };
    }
  }

  function patch(workflow: StormWorkflow, name: string, body: object, subresource?: string): KubeRequest {
    const path = resourcePath(kubernetesExecutionKind, { namespace: workflow.namespace, name, subresource });
    return { method: 'PATCH', path, body, contentType: 'application/merge-patch+json' };
  }

  return {
    async create(wanted) {
      const { operation, workflow } = wanted;
      const id = log.nextId();
      const startedAt = now();
      const { answer, name } = await ask(operation, createRequest(wanted, id));
      const record = {
        id,
        operation,
        workflow: workflow.key,
        name: wanted.name ?? name,
        startedAt,
        endedAt: now(),
        answer,
        recovering: log.recovering,
      };
      log.creates.set(id, record);
      return record;
    },
    settle: async (workflow, name, phase) =>
      (await ask('settle', patch(workflow, name, { status: { phase } }, 'status'))).answer,
    async delete({ namespace }, name) {
      const path = resourcePath(kubernetesExecutionKind, { namespace, name });
      return (await ask('delete', { method: 'DELETE', path })).answer;
    },
    async move(workflow, name, to) {
      const value = to?.name ?? null;
      const metadata =
        workflow.name.length > labelValueMaxLength
          ? { annotations: { [workflowAnnotation]: value } }
          : { labels: { [workflowLabel]: value } };
      return (await ask('move', patch(workflow, name, { metadata }))).answer;
    },
    revive: async (workflow, name, status) =>
      (await ask('revive', patch(workflow, name, { status }, 'status'))).answer,
  };
}

function createRequest({ operation, workflow, name, byReference }: WantedExecution, id: string): KubeRequest {
  const { namespace } = workflow;
  const named = name === undefined ? makeGeneratedExecution(`${workflow.name}-step-`) : makeExecution(name);
  const mine = named.inNamespace(namespace).label(requestLabel, id);
  const body = (byReference === true ? mine.referringTo(workflow.name) : mine.of(workflow.name)).build();
  if (operation === 'apply' && name !== undefined) {
    return {
      method: 'PATCH',
      path: resourcePath(kubernetesExecutionKind, { namespace, name }),
      query: { fieldManager: 'storm', force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body,
    };
  }
  const query: Record<string, string> = operation === 'dryRun' ? { dryRun: 'All' } : {};
  return { method: 'POST', path: resourcePath(kubernetesExecutionKind, { namespace }), query, body };
}
