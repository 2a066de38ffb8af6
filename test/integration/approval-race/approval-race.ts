import { approvalAnnotations } from '../../../src/api/approval-annotations.ts';
import type { KubernetesExecution } from '../../../src/api/kubernetes-execution.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../../../src/api/names.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import type { ControlPlane, UserName } from '../../cluster/control-plane.ts';
import { eventually } from '../../cluster/eventually.ts';
import { kindClient } from '../../cluster/kind-client.ts';
import { usualThreshold } from './judge-race.ts';
import { createRaceBoard, type RaceBoard, specOf } from './race-board.ts';
import type { RaisedThreshold } from './race-history.ts';
import {
  creator,
  decider,
  earlierHash,
  editor,
  type Racer,
  type RacerClient,
  readHash,
  unlessApproved,
} from './racers.ts';

/** Everybody who races, until it is enough. */
export interface ApprovalRace {
  readonly boards: readonly RaceBoard[];
  readonly raised: readonly RaisedThreshold[];
}

/** How long it goes on, and what else happens meanwhile. */
export interface RaceOptions {
  readonly workflows: readonly string[];
  /** Sets the threshold, and resolves when every replica has it. */
  readonly setThreshold: (threshold: number) => Promise<void>;
  /** Asked every now and then: ends the race by true. */
  readonly isEnough: (race: ApprovalRace) => boolean;
  readonly withinMilliseconds: number;
}

const higher = 12;

/**
 * Lets clients of each workflow edit, approve, reject, withdraw and create against each other, every one of them over
 * connections of its own. Resolves when it is enough; rejects where that takes too long, or where a client gets an
 * answer that nobody should.
 */
export async function raceApprovals(
  controlPlane: ControlPlane,
  { workflows, setThreshold, isEnough, withinMilliseconds }: RaceOptions,
): Promise<ApprovalRace> {
  const clients: KubeClient[] = [];
  const raised: RaisedThreshold[] = [];
  let isOver = false;

  function as(user: UserName): RacerClient {
    const client = createKubeClient(controlPlane.kubeConfig(user));
    clients.push(client);
    return {
      workflows: kindClient(client, workflowExecutionKind, 'default'),
      executions: kindClient(client, kubernetesExecutionKind, 'default'),
    };
  }

  async function loop(racer: Racer): Promise<void> {
    for (let turn = 0; !isOver; turn += 1) await racer(turn);
  }

  /** Up and down again: what waits is released, what was written meanwhile stays free until its next edit. */
  async function thresholds(): Promise<void> {
    const from = performance.now();
    raised.push({ from, until: Number.POSITIVE_INFINITY, threshold: higher });
    await setThreshold(higher);
    await setThreshold(usualThreshold);
    raised[0] = { from, until: performance.now(), threshold: higher };
  }

  try {
    const boards = await Promise.all(
      workflows.map((name) => approvedWorkflow(name, as('developer'), as('approver'))),
    );
    const race = { boards, raised };
    const racers = boards.flatMap((board): Racer[] => [
      editor(board, as('developer')),
      editor(board, as('developer')),
      decider(board, as('approver'), unlessApproved(readHash), 150),
      decider(
        board,
        as('approver'),
        unlessApproved(() => 'true'),
        250,
      ),
      decider(board, as('approver'), earlierHash(), 400),
      decider(board, as('approver'), () => 'false', 1_000),
      decider(board, as('developer'), () => null, 700),
      ...[1, 2, 3].map((step) => creator(board, as('developer'), step)),
    ]);
    const loops = [thresholds(), ...racers.map(loop)];
    const ended = Promise.all(loops);
    const enough = eventually(
      'the race has had it all',
      async () => isOver || isEnough(race),
      withinMilliseconds,
    );
    try {
      await Promise.race([enough, ended]);
    } finally {
      isOver = true;
      await Promise.allSettled(loops);
    }
    await ended;
    return race;
  } finally {
    for (const client of clients) client.close();
  }
}

/** A workflow that was approved and has run: whoever keeps what he reads has it now. */
async function approvedWorkflow(
  name: string,
  developer: RacerClient,
  approver: RacerClient,
): Promise<RaceBoard> {
  const board = createRaceBoard(name);
  const version = board.nextVersion();
  const created = { ...makeWorkflow(name).build(), spec: specOf(name, version) };
  await board.write(() => developer.workflows.create<WorkflowExecution>(created), true);
  const approval = { metadata: { annotations: { [approvalAnnotations.approved]: 'true' } } };
  await board.write(() => approver.workflows.mergePatch<WorkflowExecution>(name, approval));
  const first = makeExecution(`${name}-first`).of(name).step(12).withSpec({ parameters: { version } });
  await developer.executions.create<KubernetesExecution>(first.build());
  await developer.executions.delete(`${name}-first`);
  return board;
}
