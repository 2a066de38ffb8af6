import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKubeClient } from '../../../src/kube/kube-client.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { startWebhookReplica, type WebhookReplica } from '../../cluster/webhook-replica.ts';
import { configure } from '../configure.ts';
import { metricOf } from '../metric-of.ts';
import { grantRights } from '../threat-model/rights.ts';
import { type ApprovalRace, raceApprovals } from './approval-race.ts';
import { decisionsOnAnotherSpec, unapprovedExecutions, unfoundedThresholds } from './judge-race.ts';
import type { RaceBoard } from './race-board.ts';

/**
 * Edits, approvals, rejections, withdrawals and creates from many clients at once, over two replicas, judged by what
 * came of them. The judge is tried too: a webhook that keeps what it has read must not get past it.
 */
let cluster: InstalledCluster;
let mutant: WebhookReplica | undefined;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  const admin = createKubeClient(cluster.controlPlane.kubeConfig());
  await grantRights(admin);
  admin.close();
});

afterAll(async () => {
  await mutant?.child.kill();
  await cluster?.stop();
});

function thresholdOf(replicas: readonly WebhookReplica[]) {
  return (threshold: number) =>
    configure(
      { controlPlane: cluster.controlPlane, replicas },
      { 'complexity-approval-threshold': String(threshold) },
      'The configuration changed',
      60_000,
    );
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);
const over = ({ boards }: ApprovalRace, count: (board: RaceBoard) => number) => sum(boards.map(count));

/** Everything was at stake, more than once. */
function hadItAll(race: ApprovalRace): boolean {
  const decided = (wanted: 'approved' | 'rejected') =>
    over(race, ({ states }) => states.filter(({ decision }) => decision === wanted).length);
  const refusals = (reason: string) => over(race, ({ refused }) => refused.get(reason) ?? 0);
  return (
    race.raised.every(({ until }) => Number.isFinite(until)) &&
    over(race, ({ states }) => states.filter(({ isNewSpec }) => isNewSpec).length) >= 15 &&
    over(race, ({ admitted }) => admitted.length) >= 20 &&
    decided('approved') >= 8 &&
    decided('rejected') >= 2 &&
    refusals('ApprovalRequired') >= 8 &&
    refusals('NotTheApprovedStep') >= 2 &&
    refusals('WorkflowIsOver') >= 1 &&
    over(race, ({ staleHashes }) => staleHashes) >= 2
  );
}

const violations = ({ boards, raised }: ApprovalRace) =>
  boards.flatMap((board) =>
    unapprovedExecutions({ states: board.states, admitted: board.judgeable(), raised }),
  );

it('admits no execution on an approval, or a lack of need for one, from before a change that was acknowledged', async () => {
  const race = await raceApprovals(cluster.controlPlane, {
    workflows: ['one', 'two', 'three'],
    setThreshold: thresholdOf(cluster.replicas),
    isEnough: hadItAll,
    withinMilliseconds: 240_000,
  });
  expect(violations(race)).toEqual([]);
  for (const { states, admitted } of race.boards) {
    const history = { states, admitted, raised: race.raised };
    expect(decisionsOnAnotherSpec(history)).toEqual([]);
    expect(unfoundedThresholds(history)).toEqual([]);
  }
  for (const replica of cluster.replicas)
    expect(await metricOf(replica, 'stepgate_admission_decisions_total')).toBeGreaterThan(20);
}, 300_000);

it('would be seen to, by a webhook that keeps what it has read of a workflow', async () => {
  mutant = await startWebhookReplica(cluster.controlPlane, {
    name: 'mutant',
    environment: { WITHOUT_GUARD: 'quorum-read' },
    script: join(import.meta.dirname, '../threat-model/mutated-webhook.ts'),
  });
  await mutant.ready();
  cluster.balancer.use([mutant.port]);
  // Connections that are open lead to these.
  await Promise.all(cluster.replicas.map(({ child }) => child.kill()));
  const race = await raceApprovals(cluster.controlPlane, {
    workflows: ['four', 'five'],
    setThreshold: thresholdOf([mutant]),
    isEnough: (race) => violations(race).length > 0,
    withinMilliseconds: 240_000,
  });
  expect(violations(race)).not.toEqual([]);
}, 300_000);
