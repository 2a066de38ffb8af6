import type { KubernetesExecution } from '../api/kubernetes-execution.ts';
import {
  kubernetesExecutionKind,
  type ResourceKind,
  workflowExecutionKind,
  workflowLabel,
} from '../api/names.ts';
import { activeExecutionFieldSelector } from '../api/phase.ts';
import type { Clock } from '../kube/clock.ts';
import { listAll } from '../kube/consistent-list.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { KubeConnectionError } from '../kube/kube-connection-error.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { isKubeStatus, type KubeStatus, KubeStatusError } from '../kube/kube-status-error.ts';
import { isNotYetReady } from '../kube/not-yet-ready.ts';
import { resourcePath } from '../kube/resource-path.ts';
import { holdersKnown } from '../policy/parallel-limit.ts';

/** What is checked, and as whom. */
export interface LimitCheckOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Where the workflow and its executions are made, and removed again. */
  readonly namespace: string;
  /** Name of the workflow, which there must not be. */
  readonly workflow: string;
  /**
   * ServiceAccount that the executions name: one without rights. A controller that runs them tries in vain, again and
   * again, and they stay active.
   */
  readonly serviceAccount: string;
  /** Executions after which a limit that was not met counts as none. */
  readonly atMost: number;
  /** Told of each finding, a sentence. */
  readonly say: (finding: string) => void;
}

/** The limit is not kept, or could not be checked; the message says what was seen. */
export class LimitCheckError extends Error {
  readonly code = 'LimitCheck';
  override readonly name = 'LimitCheckError';
}

const burst = 8;
const freedWithinMilliseconds = 60_000;
/** A webhook that was installed a moment ago may not be asked yet, or not be ready. */
const patienceMilliseconds = 60_000;
const pauseMilliseconds = 500;

/**
 * Proves the limit on a workflow of its own: executions are created until one is refused; more at once are refused as
 * well; there are as many active as the refusal names; one goes, the next one fits, and then none.
 * @throws LimitCheckError, and what the client throws
 */
export async function checkLimit(options: LimitCheckOptions): Promise<void> {
  const { client, namespace, say } = options;
  const { metadata } = await createWorkflow(options);
  const namer = { next: 0 };
  const admitted: string[] = [];
  const execute = async (): Promise<void> => {
    const body = executionObject(options, metadata.uid, (namer.next += 1));
    const created = await create(client, { kind: kubernetesExecutionKind, namespace }, body);
    admitted.push(created.metadata.name);
  };
  try {
    const refusal = await fill(options, execute);
    say(refusal.message);
    const named = (refusal.details?.causes ?? []).filter(({ reason }) => reason === 'SlotHeld').length;
    const limit = named < holdersKnown ? named : await countActive(options);
    await full(options, execute, limit);
    say(`${limit} executions are active, and ${burst} more at once were refused as well.`);
    await remove(options, admitted[0] ?? '');
    await refill(options, execute, limit);
    await full(options, execute, limit);
    say('One went, the next one fitted, and again no more than that.');
  } finally {
    await cleanUp(options, namer.next);
  }
}

/** One that is there already is somebody else's, but for one whose create was not answered. */
async function createWorkflow(options: LimitCheckOptions): Promise<KubeObject> {
  const { client, namespace, workflow: name } = options;
  let mayBeThere = false;
  return patiently(options, async () => {
    try {
      return await create(client, { kind: workflowExecutionKind, namespace }, workflowObject(options));
    } catch (error) {
      if (!mayBeThere || !isKubeStatus(error, 409, 'AlreadyExists')) {
        mayBeThere = true;
        throw error;
      }
      const path = resourcePath(workflowExecutionKind, { namespace, name });
      return client.request<KubeObject>({ method: 'GET', path });
    }
  });
}

/** Creates executions until one is refused. */
async function fill(options: LimitCheckOptions, execute: () => Promise<void>): Promise<KubeStatus> {
  for (let count = 0; count < options.atMost; count += 1) {
    const refusal = await patiently(options, () => refusalOf(execute()));
    if (refusal !== undefined) return refusal;
  }
  throw new LimitCheckError(`${options.atMost} executions of one workflow were admitted and none refused`);
}

/** There are as many active as there are slots, and of several creates at once none gets through. */
async function full(options: LimitCheckOptions, execute: () => Promise<void>, limit: number): Promise<void> {
  const refusals = await Promise.all(
    Array.from({ length: burst }, () => patiently(options, () => refusalOf(execute()))),
  );
  const admitted = refusals.filter((refusal) => refusal === undefined).length;
  const active = await countActive(options);
  if (admitted > 0 || active !== limit) {
    throw new LimitCheckError(
      `The limit is ${limit}; ${active} executions are active after ${admitted} more were admitted`,
    );
  }
}

/** A slot is free: the next create gets it, or a controller that was waiting for it. */
async function refill(
  options: LimitCheckOptions,
  execute: () => Promise<void>,
  limit: number,
): Promise<void> {
  const { clock } = options;
  const deadline = clock.now() + freedWithinMilliseconds;
  while ((await countActive(options)) < limit) {
    const refusal = await patiently(options, () => refusalOf(execute()));
    if (refusal === undefined) continue;
    if (clock.now() > deadline) {
      throw new LimitCheckError(`An execution is gone, and its slot is not free: ${refusal.message}`);
    }
    await clock.sleep(pauseMilliseconds);
  }
}

async function countActive(options: LimitCheckOptions): Promise<number> {
  const { client, namespace, workflow } = options;
  const active = {
    kind: kubernetesExecutionKind,
    namespace,
    labelSelector: `${workflowLabel}=${workflow}`,
    fieldSelector: activeExecutionFieldSelector,
  };
  const { items } = await patiently(options, () => listAll<KubernetesExecution & KubeObject>(client, active));
  return items.length;
}

/** The refusal for want of a slot; undefined for a create that was admitted. @throws every other refusal */
async function refusalOf(created: Promise<unknown>): Promise<KubeStatus | undefined> {
  try {
    await created;
    return undefined;
  } catch (error) {
    if (isKubeStatus(error, 429, 'TooManyRequests') && isOverLimit(error.status)) return error.status;
    throw error;
  }
}

function isOverLimit({ details }: KubeStatus): boolean {
  return details?.causes?.some(({ reason }) => reason === 'ParallelLimitReached') === true;
}

/** Repeats what fails for want of an answer: 500 where no replica is reached, 503 where none can tell, a lost connection. */
async function patiently<Answer>({ clock }: LimitCheckOptions, ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = clock.now() + patienceMilliseconds;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!mayPass(error) || clock.now() > deadline) throw error;
      await clock.sleep(pauseMilliseconds);
    }
  }
}

/** A wrong address or a wrong token is told at once. */
function mayPass(error: unknown): boolean {
  if (error instanceof KubeConnectionError) return error.reason === 'broken' || error.reason === 'timeout';
  if (!(error instanceof KubeStatusError)) return false;
  const { code } = error.status;
  return code === 429 || code >= 500 || isNotYetReady(error);
}

interface Place {
  readonly kind: ResourceKind;
  readonly namespace: string;
}

function create(client: KubeClient, { kind, namespace }: Place, body: object): Promise<KubeObject> {
  return client.request({ method: 'POST', path: resourcePath(kind, { namespace }), body });
}

/** Absence is what is wanted. */
async function remove(
  options: LimitCheckOptions,
  name: string,
  kind: ResourceKind = kubernetesExecutionKind,
): Promise<void> {
  const { client, namespace } = options;
  const path = resourcePath(kind, { namespace, name });
  try {
    await patiently(options, () => client.request({ method: 'DELETE', path }));
  } catch (error) {
    if (!isKubeStatus(error, 404)) throw error;
  }
}

async function cleanUp(options: LimitCheckOptions, count: number): Promise<void> {
  const { workflow } = options;
  await remove(options, workflow, workflowExecutionKind);
  // Its garbage is collected, but not everywhere at once.
  for (let index = 1; index <= count; index += 1) await remove(options, `${workflow}-check-${index}`);
}

/** What an account without rights does in vain. */
const work = {
  action: 'update_configmap',
  parameters: { configmap: 'stepgate-check-limit', data: { checked: 'true' } },
  maxRetries: 100,
};

function workflowObject({ workflow, serviceAccount }: LimitCheckOptions): object {
  const { group, version, kind } = workflowExecutionKind;
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name: workflow },
    spec: { serviceAccountName: serviceAccount, steps: [{ stepNumber: 1, ...work }] },
  };
}

function executionObject(
  { workflow, serviceAccount }: LimitCheckOptions,
  uid: string,
  index: number,
): object {
  const { group, version, kind } = kubernetesExecutionKind;
  const owner = workflowExecutionKind;
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      name: `${workflow}-check-${index}`,
      labels: { [workflowLabel]: workflow },
      ownerReferences: [
        {
          apiVersion: `${owner.group}/${owner.version}`,
          kind: owner.kind,
          name: workflow,
          uid,
          controller: true,
        },
      ],
    },
    spec: { stepNumber: 1, ...work, serviceAccountName: serviceAccount },
  };
}
