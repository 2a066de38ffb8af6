import { setTimeout as pause } from 'node:timers/promises';
import { approvalAnnotations } from '../../../src/api/approval-annotations.ts';
import type { KubernetesExecution } from '../../../src/api/kubernetes-execution.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import { KubeStatusError } from '../../../src/kube/kube-status-error.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import type { KindClient } from '../../cluster/kind-client.ts';
import { specHash } from '../../../src/policy/approval/spec-hash.ts';
import { type RaceBoard, specOf } from './race-board.ts';

/** One client of a workflow: what it does in one turn of its loop. */
export type Racer = (turn: number) => Promise<void>;

/** Verbs of one client, with a connection of its own. */
export interface RacerClient {
  readonly workflows: KindClient;
  readonly executions: KindClient;
}

/** What the API server and the webhook may say to a client that races with others. */
const expectedCodes = [403, 409, 422, 429, 503];

/** A busy machine may have the webhook called in vain; nothing was written then. */
function isExpected({ code, message }: KubeStatusError['status']): boolean {
  return expectedCodes.includes(code) || message.includes('failed calling webhook');
}

/** What is refused changes nothing. Answers the status where it was. */
async function refusalIn(attempt: () => Promise<void>): Promise<KubeStatusError['status'] | undefined> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof KubeStatusError && isExpected(error.status)) return error.status;
    throw error;
  }
  return undefined;
}

const annotated = (value: string | null) => ({
  metadata: { annotations: { [approvalAnnotations.approved]: value } },
});

/** Writes another spec, and every other time takes that back: what was there before is there again. */
export function editor(board: RaceBoard, { workflows }: RacerClient): Racer {
  async function edit(version: number, isNewSpec: boolean): Promise<void> {
    const spec = specOf(board.name, version);
    const send = () => workflows.mergePatch<WorkflowExecution>(board.name, { spec });
    await refusalIn(() => board.write(send, isNewSpec));
  }
  return async (turn) => {
    const [before] = board.versions();
    await edit(board.nextVersion(), true);
    if (turn % 2 === 1) await edit(before, false);
    // Writes that follow each other too fast starve the slower ones: the API server repeats these without end.
    await pause(400);
  };
}

/** Decides by what `value` makes of the workflow as it reads it now; undefined decides nothing. */
export function decider(
  board: RaceBoard,
  { workflows }: RacerClient,
  value: (read: WorkflowExecution) => string | null | undefined,
  pauseMilliseconds: number,
): Racer {
  return async () => {
    await pause(pauseMilliseconds);
    const decision = value(await workflows.get<WorkflowExecution>(board.name));
    if (decision === undefined) return;
    const patch = annotated(decision);
    const send = () => workflows.mergePatch<WorkflowExecution>(board.name, patch);
    const refusal = await refusalIn(() => board.write(send));
    const isStale = refusal?.details?.causes?.some(({ reason }) => reason === 'SpecChanged') === true;
    if (isStale && refusal?.code === 409) board.staleHashes += 1;
  };
}

/** The hash of what was read, for {@link decider}. */
export const readHash = ({ spec }: WorkflowExecution): string => specHash(spec);

/** Leaves a workflow alone that is approved already. */
export function unlessApproved(value: (read: WorkflowExecution) => string) {
  return (read: WorkflowExecution): string | undefined =>
    read.metadata.annotations?.[approvalAnnotations.approved] === undefined ? value(read) : undefined;
}

/** Hashes of what was read in the turn before: mostly it has been edited since. */
export function earlierHash(): (read: WorkflowExecution) => string {
  let earlier: string | undefined;
  return (read) => {
    const value = earlier ?? readHash(read);
    earlier = readHash(read);
    return value;
  };
}

/** Creates its step as the spec has it now, as it had it before, and at first, by turns; what was admitted it deletes. */
export function creator(board: RaceBoard, { executions }: RacerClient, step: number): Racer {
  return async (turn) => {
    const version = board.versions()[turn % 3] ?? 0;
    const execution = makeExecution(`${board.name}-${step}-${turn}`)
      .of(board.name)
      .step(step)
      .withSpec({ parameters: { version } });
    const sentAt = performance.now();
    const refusal = await refusalIn(async () => {
      const { metadata } = await executions.create<KubernetesExecution>(execution.build());
      const [name, revision] = [metadata.name ?? '', Number(metadata.resourceVersion)];
      board.admitted.push({ name, sentAt, answeredAt: performance.now(), revision, version });
      await executions.delete(name);
    });
    const reason = refusal?.details?.causes?.[0]?.reason;
    if (reason !== undefined) board.refused.set(reason, (board.refused.get(reason) ?? 0) + 1);
    await pause(20);
  };
}
