import type { KubernetesExecution, KubernetesExecutionSpec } from '../../../src/api/kubernetes-execution.ts';
import { approvalAnnotations } from '../../../src/api/approval-annotations.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../../../src/api/names.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import { type KubeStatus, KubeStatusError } from '../../../src/kube/kube-status-error.ts';
import { type ExecutionBuilder, makeExecution } from '../../builders/execution-builder.ts';
import { makeWorkflow, type WorkflowBuilder } from '../../builders/workflow-builder.ts';
import { specHash } from '../../../src/policy/approval/spec-hash.ts';
import type { UserName } from '../../cluster/control-plane.ts';
import { eventually } from '../../cluster/eventually.ts';
import { type KindClient, kindClient } from '../../cluster/kind-client.ts';
import type { Rewrite } from './rewriting-webhook.ts';
import type { ThreatCluster } from './threat-cluster.ts';

/** The label of executions that must not come to be. */
const forbidden = { key: 'attempt', value: 'forbidden' };

/** The parameters that every step of {@link Ground.workflow} has. */
export const stepParameters = { replicas: '3' };

/** What an attempt stands on: a namespace of its own, and clients for every user in it. */
export interface Ground {
  readonly namespace: string;
  readonly cluster: ThreatCluster;
  /** What was refused of what was tried, as one text each: code, reasons, message. */
  readonly refusals: readonly string[];
  readonly workflows: (user: UserName) => KindClient;
  readonly executions: (user: UserName) => KindClient;
  /** kubectl as the user of the attempt, in the namespace. A failure is recorded as a refusal. */
  kubectl(...args: readonly string[]): Promise<void>;
  /** The hash that approves this workflow. */
  hashOf(workflow: WorkflowExecution): string;
  /** A workflow of twelve steps. */
  draft(name?: string): WorkflowBuilder;
  /** A workflow of ten steps, which needs no approval. */
  small(name?: string): WorkflowBuilder;
  /** The developer creates a workflow of twelve steps; `shape` changes it. */
  workflow(shape?: (workflow: WorkflowBuilder) => WorkflowBuilder, name?: string): Promise<void>;
  /** The workflow as it is stored. */
  stored(name?: string): Promise<StoredWorkflow>;
  /** The approver decides, and must succeed. */
  approve(name?: string, value?: string): Promise<void>;
  /** Records a refusal of what was tried in another way. */
  readonly recordRefusal: (text: string) => void;
  /** Tries something; a refusal is recorded. Answers whether it was granted. */
  tries(request: Promise<unknown>): Promise<boolean>;
  /** Tries to decide as the user of the attempt, by a merge patch. */
  decide(value: string, name?: string): Promise<boolean>;
  /** Tries to create an execution of step 1 that must not be; by default as the developer. */
  execute(shape?: (execution: ExecutionBuilder) => ExecutionBuilder, user?: UserName): Promise<boolean>;
  /** What {@link execute} would create. */
  readonly execution: (shape?: (execution: ExecutionBuilder) => ExecutionBuilder) => KubernetesExecution;
  /** Resolves when the webhook's watch has shown every workflow as it is now. */
  watchCaughtUp(): Promise<void>;
  /** From now on, another mutating webhook changes workflows that are written here. */
  rewrite(rewrite: Rewrite): void;
  /** The same on another namespace, `<this>-<name>`, which it creates. */
  beside(name: string): Promise<Ground>;
  /** The executions there are. */
  all(): Promise<readonly KubernetesExecution[]>;
}

/** A workflow with what the API server has made of it. */
export interface StoredWorkflow extends WorkflowExecution {
  readonly metadata: WorkflowExecution['metadata'] & {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
}

/** The spec of a step as {@link Ground.workflow} has it, in fields of an execution. */
const approvedSpec: Partial<KubernetesExecutionSpec> = { parameters: stepParameters };

/** A ground in a namespace that exists. */
export function groundOf(cluster: ThreatCluster, namespace: string, user: UserName): Ground {
  const refusals: string[] = [];
  const workflows = (who: UserName) => kindClient(cluster.client(who), workflowExecutionKind, namespace);
  const executions = (who: UserName) => kindClient(cluster.client(who), kubernetesExecutionKind, namespace);
  const annotated = (value: string) => ({
    metadata: { annotations: { [approvalAnnotations.approved]: value } },
  });

  const draft = (name = 'big') => makeWorkflow(name).steps(12);

  async function tries(request: Promise<unknown>): Promise<boolean> {
    try {
      await request;
      return true;
    } catch (error) {
      if (!(error instanceof KubeStatusError)) throw error;
      refusals.push(textOf(error.status));
      return false;
    }
  }

  function execution(shape = same<ExecutionBuilder>): KubernetesExecution {
    const step = makeExecution('attempt')
      .of('big')
      .withSpec(approvedSpec)
      .label(forbidden.key, forbidden.value);
    return shape(step).build();
  }

  return {
    namespace,
    cluster,
    refusals,
    recordRefusal: (text) => void refusals.push(text),
    workflows,
    executions,
    async kubectl(...args) {
      const { exitCode, stderr } = await cluster.controlPlane.kubectl(['-n', namespace, ...args], { user });
      if (exitCode !== 0) refusals.push(stderr);
    },
    hashOf: ({ spec }) => specHash(spec),
    draft,
    small: (name = 'big') => makeWorkflow(name).steps(10),
    async workflow(shape = same, name) {
      await workflows('developer').create(shape(draft(name)).build());
    },
    stored: (name = 'big') => workflows('admin').get<StoredWorkflow>(name),
    async approve(name = 'big', value = 'true') {
      await workflows('approver').mergePatch(name, annotated(value));
    },
    tries,
    decide: (value, name = 'big') => tries(workflows(user).mergePatch(name, annotated(value))),
    execution,
    execute: (shape, who = 'developer') => tries(executions(who).create(execution(shape))),
    async watchCaughtUp() {
      // What is deleted last is shown last; until then the watch says that it lives.
      await workflows('admin').create(makeWorkflow('marker').steps(1).build());
      const probe = makeExecution('probe').of('marker').build();
      await executions('admin').create(probe, { dryRun: 'All' });
      await workflows('admin').delete('marker');
      await eventually('the watch has shown the deletion', async () => {
        const status = await executions('admin')
          .create(probe, { dryRun: 'All' })
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        return status !== undefined;
      });
    },
    rewrite: (rewrite) => cluster.rewriting.rewrite(namespace, rewrite),
    async beside(name) {
      await cluster.namespace(`${namespace}-${name}`);
      return groundOf(cluster, `${namespace}-${name}`, user);
    },
    async all() {
      const list = await executions('admin').list<{ readonly items: readonly KubernetesExecution[] }>();
      return list.items;
    },
  };
}

/** Whether an execution that must not be is there. */
export async function forbiddenExists(ground: Ground): Promise<boolean> {
  return (await ground.all()).some(({ metadata }) => metadata.labels?.[forbidden.key] === forbidden.value);
}

function same<Value>(value: Value): Value {
  return value;
}

function textOf({ code, reason, message, details }: KubeStatus): string {
  const causes = (details?.causes ?? []).map((cause) => `${cause.reason}: ${cause.message}`);
  return [code, reason, message, ...causes].join(' ');
}
