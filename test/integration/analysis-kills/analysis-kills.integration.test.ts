import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AIAnalysis, AIAnalysisStatus } from '../../../src/api/ai-analysis.ts';
import type { AIApprovalRequest } from '../../../src/api/ai-approval-request.ts';
import { isFinalAnalysisPhase } from '../../../src/api/phase.ts';
import { aiAnalysisKind, aiApprovalRequestKind } from '../../../src/api/names.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeAnalysis } from '../../builders/analysis-builder.ts';
import { eventually } from '../../cluster/eventually.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../../cluster/faulty-http-proxy.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { kindClient, type KindClient } from '../../cluster/kind-client.ts';
import {
  type AnalysisNamespace,
  letApproversDecide,
  openAnalysisNamespace,
} from '../analysis-controller/analysis-namespace.ts';
import {
  type ControlledNamespace,
  openControlledNamespace,
  tallyPlugin,
  unlimitedRate,
} from '../controlled-namespace.ts';
import { configure } from '../configure.ts';
import { startSuccession, type Succession } from '../controller-kills/succession.ts';
import { type AnalysisKill, analysisKills, analysisWriteOf, type Story } from './analysis-writes.ts';

// A controller dies at each write that it makes for an analysis, before the API server sees it and before it hears the
// answer. Another one goes on. Each analysis must come to its end, with one request and one workflow, whose steps run once.

interface Ground extends ControlledNamespace {
  readonly kill: AnalysisKill;
  readonly analyses: KindClient;
  readonly requests: KindClient;
  /** As who decides. */
  readonly deciding: KindClient;
}

let cluster: InstalledCluster;
let client: KubeClient;
let approver: KubeClient;
let proxy: FaultyHttpProxy;
let succession: Succession<AnalysisKill>;
let probing: AnalysisNamespace;
const grounds: Ground[] = [];

beforeAll(async () => {
  cluster = await startInstalledCluster({ replicas: 1, controllerManager: false });
  const { controlPlane } = cluster;
  client = createKubeClient(controlPlane.kubeConfig());
  approver = createKubeClient(controlPlane.kubeConfig('approver'));
  proxy = await startFaultyHttpProxy(controlPlane);
  await letApproversDecide(client);
  probing = await openAnalysisNamespace(client, approver, 'probing');
  for (const kill of analysisKills) {
    const { namespace } = kill;
    grounds.push({
      ...(await openControlledNamespace(client, namespace)),
      kill,
      analyses: kindClient(client, aiAnalysisKind, namespace),
      requests: kindClient(client, aiApprovalRequestKind, namespace),
      deciding: kindClient(approver, aiApprovalRequestKind, namespace),
    });
  }
  // The API server refuses lists of a kind (429) until its cache of it is full.
  const [{ requests }] = grounds as [Ground];
  await eventually('requests can be listed', () =>
    listed(requests).then(
      () => true,
      () => false,
    ),
  );
  const seen = new Map<string, number>();
  const aimed = new Set<AnalysisKill>();
  succession = await startSuccession<AnalysisKill>({
    controlPlane,
    proxy,
    client,
    at(request) {
      const write = analysisWriteOf(request);
      const kill = analysisKills.find(({ namespace }) => namespace === write?.namespace);
      if (write === undefined || kill === undefined) return { counts: false };
      const key = `${write.namespace} ${write.of}`;
      const number = (seen.get(key) ?? 0) + 1;
      seen.set(key, number);
      if (aimed.has(kill) || write.of !== kill.write.of || number < kill.write.number)
        return { counts: true };
      aimed.add(kill);
      return { counts: true, dies: kill };
    },
    standbys: 2,
    replica: {
      plugins: [tallyPlugin],
      environment: unlimitedRate,
    },
  });
}, 180_000);
afterAll(async () => {
  await succession?.stop();
  await proxy?.close();
  client?.close();
  approver?.close();
  await cluster?.stop();
});

const steps = (action: string) => ['one', 'two'].map((id) => ({ id, action }));
const sure = { approvalContext: { confidenceScore: 0.9 } };
const unsure = { approvalContext: { confidenceScore: 0.5 } };

const recommended: Readonly<Record<Story, AIAnalysisStatus>> = {
  started: { ...sure, recommendations: steps('note') },
  approved: { ...unsure, recommendations: steps('note') },
  rejected: { ...unsure, recommendations: steps('note') },
  expired: { ...unsure, recommendations: steps('note') },
  failed: { ...sure, recommendations: steps('no_such_action') },
};

const ends: Readonly<
  Record<Story, { readonly phase: string; readonly requests: number; readonly steps: number }>
> = {
  started: { phase: 'completed', requests: 0, steps: 2 },
  approved: { phase: 'completed', requests: 1, steps: 2 },
  rejected: { phase: 'rejected', requests: 1, steps: 0 },
  expired: { phase: 'rejected', requests: 1, steps: 0 },
  failed: { phase: 'failed', requests: 0, steps: 0 },
};

it(`a controller killed before and after each of its writes, ${analysisKills.length} times, does each once`, async () => {
  const forgotten = grounds.filter(({ kill }) => kill.story === 'expired');
  await setTimeoutOfRequests('1s');
  await play(forgotten);
  // Nobody need hurry any more: a request counts from the moment in which its analysis asks.
  await setTimeoutOfRequests('15m');
  await play(grounds.filter((ground) => !forgotten.includes(ground)));

  for (const ground of grounds) {
    const { story, namespace } = ground.kill;
    const expected = ends[story];
    const { status } = await ground.analyses.get<AIAnalysis>('one');
    expect(status?.phase, `${namespace}: ${status?.message}`).toBe(expected.phase);
    expect(await listed<AIApprovalRequest>(ground.requests), namespace).toHaveLength(expected.requests);
    const workflows = await listed<WorkflowExecution>(ground.workflows);
    expect(workflows, namespace).toHaveLength(expected.steps === 0 ? 0 : 1);
    const effects = await ground.effects();
    expect([...effects.values()], namespace).toEqual(Array.from({ length: expected.steps }, () => 1));
  }
}, 600_000);

/**
 * Lets these analyses come to their end, and a controller die in each of them. One after the other: who dies for one
 * analysis must not be in the middle of a write for another, or nobody knows how many writes that has had.
 */
async function play(played: readonly Ground[]): Promise<void> {
  for (const ground of played) {
    const { kill, analyses } = ground;
    // Writes are counted from here on.
    const killed = succession.killed(succession.kills.length + 1);
    const over = analyse(analyses, recommended[kill.story]).then(() =>
      eventually(`${kill.namespace} is over`, () => decideAndLook(ground), 120_000),
    );
    await Promise.all([killed, over]);
    expect(succession.kills.at(-1)).toBe(kill);
  }
}

async function analyse(analyses: KindClient, status: AIAnalysisStatus): Promise<void> {
  await analyses.create(makeAnalysis('one'));
  await analyses.mergePatch('one', { status: { phase: 'analyzing', ...status } }, 'status');
}

/** Configures it, and waits until a request has it. */
async function setTimeoutOfRequests(timeout: string): Promise<void> {
  await configure(cluster, { 'approval-timeout': timeout }, 'The configuration changed', 30_000);
  let probes = 0;
  await eventually(`approval-timeout ${timeout} is in force`, async () => {
    const probe = `probe-${timeout}-${(probes += 1)}`;
    await probing.analyses.create(makeAnalysis(probe));
    const status = { phase: 'analyzing', ...recommended.rejected };
    await probing.analyses.mergePatch(probe, { status }, 'status');
    let request: AIApprovalRequest | undefined;
    await eventually(`${probe} has its request`, async () => {
      const all = await listed<AIApprovalRequest>(probing.requests);
      request = all.find(({ spec }) => spec.aiAnalysisRef.name === probe);
      return request !== undefined;
    });
    return request?.spec.timeout === timeout;
  });
}

/** Decides what waits for a person; true when nothing becomes of the analysis any more. */
async function decideAndLook({ kill: { story }, analyses, requests, deciding }: Ground): Promise<boolean> {
  if (story === 'approved' || story === 'rejected') {
    for (const { metadata, status } of await listed<AIApprovalRequest>(requests)) {
      if (status?.decision !== undefined) continue;
      const decision = story === 'approved' ? 'Approved' : 'Rejected';
      await deciding.mergePatch(metadata.name ?? '', { status: { decision } }, 'status');
    }
  }
  return isFinalAnalysisPhase((await analyses.get<AIAnalysis>('one')).status?.phase);
}

async function listed<Item>(kind: KindClient): Promise<readonly Item[]> {
  return (await kind.list<{ readonly items: readonly Item[] }>()).items;
}
