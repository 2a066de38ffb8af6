import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../../test/cluster/installed-cluster.ts';
import { configure } from '../../test/integration/configure.ts';
import { openNamespace } from '../../test/integration/open-namespace.ts';
import { runController, type RunningController } from '../../test/integration/running-controller.ts';
import { workflowRun } from '../../test/integration/workflow-run.ts';
import { workflowController } from './workflow-controller.ts';

let cluster: InstalledCluster;
let client: KubeClient;
let controller: RunningController;

beforeAll(async () => {
  cluster = await startInstalledCluster();
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  controller = await runController(cluster.controlPlane, workflowController());
});

afterAll(async () => {
  await controller?.kill();
  client?.close();
  await cluster?.stop();
});

const approved = 'kubernaut.io/approved';
const creates = (namespace: string) =>
  controller.requests.filter(({ method, path }) => method === 'POST' && path.includes(`/${namespace}/`))
    .length;

describe('a workflow of twelve steps', () => {
  it('waits with nothing queued, says how it is approved, and goes on at once when it is', async () => {
    const namespace = await openNamespace(client, 'approved');
    await namespace.workflows.create(makeWorkflow('w').steps(12).build());
    const run = workflowRun(namespace, 'w');
    const waiting = await run.until('it waits', ({ phase }) => phase === 'awaiting_approval');
    expect(waiting).toMatchObject({ activeSteps: 0, queuedSteps: 0 });
    const condition = waiting.conditions?.find(({ type }) => type === 'Approved');
    expect(condition).toMatchObject({ status: 'False', reason: 'ApprovalRequired' });
    const hash = /kubernaut\.io\/approved=(sha256:[0-9a-f]{64})$/.exec(condition?.message ?? '')?.[1];
    expect(hash).toBeDefined();
    expect(creates(namespace.name)).toBe(1);
    await namespace.workflows.mergePatch('w', { metadata: { annotations: { [approved]: hash } } });
    const running = await run.until('it runs', ({ activeSteps }) => activeSteps === 5);
    expect(running).toMatchObject({ phase: 'executing', queuedSteps: 7 });
    await run.settleAll();
    expect((await run.status()).message).toBe('12 of 12 steps completed');
    const reasons = (): string[] =>
      controller.events
        .filter(({ regarding }) => regarding.namespace === namespace.name)
        .map(({ reason }) => reason);
    await expect.poll(reasons, { timeout: 20_000 }).toEqual(['AwaitingApproval', 'Started', 'Completed']);
  });

  it('stays where it is when it is rejected, and waits anew after an edit', async () => {
    const namespace = await openNamespace(client, 'rejected');
    await namespace.workflows.create(makeWorkflow('w').steps(12).build());
    const run = workflowRun(namespace, 'w');
    await run.until('it waits', ({ phase }) => phase === 'awaiting_approval');
    await namespace.workflows.mergePatch('w', { metadata: { annotations: { [approved]: 'false' } } });
    await run.until('it is rejected', ({ conditions }) =>
      Boolean(conditions?.some(({ type, reason }) => type === 'Approved' && reason === 'Rejected')),
    );
    await namespace.workflows.mergePatch('w', { spec: makeWorkflow('w').steps(11).build().spec });
    await run.until('it waits again', ({ conditions }) =>
      Boolean(conditions?.some(({ type, reason }) => type === 'Approved' && reason === 'ApprovalRequired')),
    );
    await namespace.workflows.mergePatch('w', { spec: makeWorkflow('w').steps(4).build().spec });
    await run.settleAll();
    expect((await run.status()).message).toBe('4 of 4 steps completed');
  });

  it('stops starting steps when an edit in flight voids its approval, and what is active goes on', async () => {
    const namespace = await openNamespace(client, 'voided');
    await namespace.workflows.create(makeWorkflow('w').steps(12).build());
    const run = workflowRun(namespace, 'w');
    await run.until('it waits', ({ phase }) => phase === 'awaiting_approval');
    await namespace.workflows.mergePatch('w', { metadata: { annotations: { [approved]: 'true' } } });
    await run.until('it runs', ({ activeSteps }) => activeSteps === 5);
    await namespace.workflows.mergePatch('w', { spec: makeWorkflow('w').steps(13).build().spec });
    await run.until('the edit is seen', ({ observedGeneration }) => observedGeneration === 2);
    for (const { metadata } of await run.executions()) await namespace.settle(metadata.name ?? '');
    await run.until(
      'it waits again',
      ({ phase, activeSteps }) => phase === 'awaiting_approval' && activeSteps === 0,
    );
    await namespace.workflows.mergePatch('w', { metadata: { annotations: { [approved]: 'true' } } });
    await run.settleAll();
    expect((await run.status()).message).toBe('13 of 13 steps completed');
  });

  it('runs when the threshold is raised, also where the webhook hears of that later', async () => {
    const namespace = await openNamespace(client, 'threshold');
    await namespace.workflows.create(makeWorkflow('w').steps(12).build());
    const run = workflowRun(namespace, 'w');
    await run.until('it waits', ({ phase }) => phase === 'awaiting_approval');
    controller.configure({ complexityApprovalThreshold: 12 });
    await configure(cluster, { 'complexity-approval-threshold': '12' });
    const running = await run.until('it runs', ({ activeSteps }) => activeSteps === 5);
    expect(running).toMatchObject({ phase: 'executing', queuedSteps: 7 });
  });
});
