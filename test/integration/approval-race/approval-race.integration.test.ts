import { afterAll, beforeAll, expect, it } from 'vitest';
import { approvalAnnotations } from '../../../src/api/approval-annotations.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../../../src/api/names.ts';
import type { KubernetesExecution } from '../../../src/api/kubernetes-execution.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { isKubeStatus, KubeStatusError } from '../../../src/kube/kube-status-error.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { kindClient } from '../../cluster/kind-client.ts';
import { unapprovedExecutions, type AdmittedExecution, type WorkflowState } from './judge-race.ts';

/** Edits, approvals and creates from several clients at once, over two replicas, judged by what came of them. */
let cluster: InstalledCluster;
let client: KubeClient;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

/** So often each workflow is edited. */
const edits = 32;
const creatorsPerWorkflow = 3;

/** By turns: too many steps, too many others, and again, few steps. The second of them is approved. */
const turns = ['grows', 'is approved', 'changes', 'shrinks'] as const;

async function race(name: string) {
  const workflows = kindClient(client, workflowExecutionKind, 'default');
  const executions = kindClient(client, kubernetesExecutionKind, 'default');
  const states: WorkflowState[] = [];
  const admitted: AdmittedExecution[] = [];
  let refused = 0;

  function specOf(version: number, steps: number): WorkflowExecution['spec'] {
    return makeWorkflow(name).steps(steps, { parameters: { version } }).build().spec;
  }

  async function write(send: () => Promise<WorkflowExecution>): Promise<void> {
    const { metadata, spec } = await send();
    states.push({
      revision: Number(metadata.resourceVersion),
      answeredAt: performance.now(),
      steps: spec.steps?.length ?? 0,
      approved: metadata.annotations?.[approvalAnnotations.approved] === 'true',
      version: Number(spec.steps?.[0]?.parameters?.['version']),
    });
  }

  async function approve(): Promise<void> {
    const metadata = { annotations: { [approvalAnnotations.approved]: 'true' } };
    try {
      await write(() => workflows.mergePatch<WorkflowExecution>(name, { metadata }));
    } catch (error) {
      // An edit that comes in between: nothing was written.
      if (!isKubeStatus(error, 409)) throw error;
    }
  }

  async function create(creator: number, version: number): Promise<void> {
    const execution = makeExecution(`${name}-${creator}-${version}`)
      .of(name)
      .step(creator)
      .withSpec({ parameters: { version } });
    const sentAt = performance.now();
    try {
      const { metadata } = await executions.create<KubernetesExecution>(execution.build());
      const revision = Number(metadata.resourceVersion);
      admitted.push({ name: metadata.name ?? '', sentAt, revision, version });
      await executions.delete(metadata.name ?? '');
    } catch (error) {
      if (!(error instanceof KubeStatusError) || ![403, 429, 503].includes(error.status.code ?? 0))
        throw error;
      refused += 1;
    }
  }

  await write(() =>
    workflows.create<WorkflowExecution>({ ...makeWorkflow(name).build(), spec: specOf(0, 10) }),
  );
  for (let version = 1; version <= edits; version += 1) {
    const turn = turns[(version - 1) % turns.length];
    const spec = specOf(version, turn === 'shrinks' ? 10 : 12);
    await write(() => workflows.mergePatch<WorkflowExecution>(name, { spec }));
    const creates = Array.from({ length: creatorsPerWorkflow }, (_, creator) => create(creator + 1, version));
    await Promise.all([...(turn === 'is approved' ? [approve()] : []), ...creates]);
  }
  return { states, admitted, refused };
}

it('lets no execution through on an approval, or a lack of need for one, from before an edit that was acknowledged', async () => {
  const races = await Promise.all(['one', 'two', 'three'].map(race));
  for (const { states, admitted } of races) expect(unapprovedExecutions(states, admitted)).toEqual([]);
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  // Both outcomes were at stake.
  expect(sum(races.map(({ admitted }) => admitted.length))).toBeGreaterThan(20);
  expect(sum(races.map(({ refused }) => refused))).toBeGreaterThan(20);
});
