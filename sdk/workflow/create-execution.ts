import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { restMilliseconds } from '../../src/plugin/plugin-runner.ts';
import { buildActionRollback, buildExecution, buildRollback } from '../parallel/build-execution.ts';
import { executionName } from '../parallel/execution-name.ts';
import { workflowOf } from '../parallel/workflow-of.ts';
import { type CachedExecution, shrinkExecution } from './cached-execution.ts';
import { approvalHint } from './cached-workflow.ts';
import { createRefusal, type CreateRefusal } from './create-outcome.ts';
import { judgeExecution } from './judge-execution.ts';
import { lookUpExecution, lookUpWorkflow } from './look-up.ts';
import { observe } from './observed-execution.ts';
import type { PlannedCreate } from './plan-workflow.ts';
import { gateToken, type ReconcileTurn } from './reconcile-turn.ts';

/** How long another's execution in the way is believed to be there, unless it is seen to go. Milliseconds. */
const blockedMilliseconds = 5_000;

/** The watch shows soon what has changed. Milliseconds. */
const staleMilliseconds = 250;

/**
 * Creates one execution. Whatever comes of it, the turn's memory has it afterwards, for the next plan to see. Answers
 * the error of a failure that is nobody's fault, so that the work queue tries again.
 */
export async function createExecution(turn: ReconcileTurn, create: PlannedCreate): Promise<unknown> {
  const { client, namespace, memory, clock, signal } = turn;
  const { freed } = memory;
  const path = resourcePath(kubernetesExecutionKind, { namespace });
  try {
    const body = executionOf(turn, create);
    const stored = await client.request<CachedExecution>({ method: 'POST', path, body, signal });
    memory.expectations.set(create.name, { execution: shrinkExecution(stored), since: clock.now() });
    memory.gone.delete(create.name);
    memory.slotGranted();
    memory.gateOpened();
    return undefined;
  } catch (error) {
    return await refused(turn, create, createRefusal(error), freed).catch((failure: unknown) => failure);
  }
}

function executionOf({ workflow }: ReconcileTurn, { purpose, step }: PlannedCreate): KubernetesExecution {
  const { serviceAccountName } = workflow.read;
  const { name, namespace, uid } = workflow.metadata;
  const owner = {
    metadata: { name, uid, ...(namespace === undefined ? {} : { namespace }) },
    spec: { serviceAccountName },
  };
  if (purpose === 'step') return buildExecution(owner, step.step);
  const { rollback } = step.step;
  return rollback === undefined
    ? buildActionRollback(owner, step.step, step.execution ?? '')
    : buildRollback(owner, step.step, rollback);
}

async function refused(
  turn: ReconcileTurn,
  create: PlannedCreate,
  refusal: CreateRefusal,
  freed: number,
): Promise<unknown> {
  const { memory, clock } = turn;
  switch (refusal.kind) {
    case 'limit':
      memory.slotRefused(clock.now(), freed);
      return undefined;
    case 'closed':
      close(turn, refusal.gate, refusal.message);
      return undefined;
    case 'taken':
      block(turn, create.name, 'StepTaken', refusal.message, blockedMilliseconds);
      return undefined;
    case 'unasked':
      block(turn, create.name, 'PluginFailed', refusal.message, restMilliseconds);
      return undefined;
    case 'exists':
      await meet(turn, create);
      return undefined;
    case 'permanent':
      if (await isCurrent(turn)) memory.hinder(create.name, { kind: 'refused', message: refusal.message });
      else block(turn, create.name, 'WorkflowChanged', refusal.message, staleMilliseconds);
      return undefined;
    case 'passing':
      return refusal.error;
  }
}

/**
 * The gate is asked again only after a change of the workflow; but where the workflow or the mode says that it may run,
 * the gate has not heard of that yet, and nothing will announce when it has.
 */
function close(turn: ReconcileTurn, gate: 'waiting' | 'over', message: string): void {
  const { workflow, memory, config, clock } = turn;
  const hint = approvalHint(workflow, config().complexityApprovalThreshold);
  const kind = gate === 'over' && hint === 'rejected' ? 'rejected' : gate;
  const repeat = hint === 'none' || config().enforcement !== 'enforce';
  memory.gateClosed({ kind, message }, gateToken(turn), clock.now(), repeat);
}

function block(
  turn: ReconcileTurn,
  name: string,
  reason: string,
  message: string,
  milliseconds: number,
): void {
  turn.memory.hinder(name, { kind: 'blocked', reason, message }, turn.clock.now() + milliseconds);
}

/** The name is taken: by a create whose answer was lost, by whom the cache has not shown yet, or by something else. */
async function meet(turn: ReconcileTurn, { name, step, purpose }: PlannedCreate): Promise<void> {
  const { client, namespace, memory, clock, signal, workflow } = turn;
  const found = await lookUpExecution(client, { namespace, name }, signal);
  if (found === undefined) {
    block(turn, name, 'NameTaken', `Execution ${name} existed a moment ago`, staleMilliseconds);
    return;
  }
  const owner = workflowOf(found);
  if (owner !== turn.name) {
    const whose = owner === undefined ? 'belongs to no workflow' : `belongs to workflow ${owner}`;
    memory.hinder(name, { kind: 'refused', message: `Execution ${name} exists and ${whose}` });
    return;
  }
  memory.expectations.set(name, { execution: shrinkExecution(found), since: clock.now() });
  const { uid, creationTimestamp: createdAt } = workflow.metadata;
  const undoes = step.execution ?? executionName(turn.name, step.step.stepNumber);
  const expected =
    purpose === 'step' ? { purpose } : { purpose, undoes, hasSpec: step.step.rollback !== undefined };
  const kinship = judgeExecution(observe(found), step.step.stepNumber, { uid, createdAt }, expected);
  if (purpose === 'step' || kinship === 'own') return;
  if (kinship === 'other') {
    const said = `execution ${name} exists and is not the one that undoes ${undoes}`;
    memory.hinder(name, { kind: 'refused', message: said });
    return;
  }
  const message = `Execution ${name} is not of this workflow, and in the way of the rollback`;
  block(turn, name, 'EarlierExecution', message, blockedMilliseconds);
}

/** False where the workflow is no longer the one that the create was planned for: then its refusal means nothing. */
async function isCurrent({ client, namespace, name, workflow, signal }: ReconcileTurn): Promise<boolean> {
  const now = await lookUpWorkflow(client, { namespace, name }, signal);
  const { uid, generation } = workflow.metadata;
  return now?.metadata.uid === uid && now.metadata.generation === generation;
}
