import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { configure } from './configure.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';

/** What a change of complexity-approval-threshold does to workflows, in replicas that run. Each test leaves it at 10. */
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

/** Resolves when every replica has it; it rejects if that takes more than seconds. */
const setThreshold = (threshold: number) =>
  configure(cluster, { 'complexity-approval-threshold': String(threshold) });

async function workflowOfTwelve({ workflows }: OpenNamespace, name: string): Promise<void> {
  await workflows.create(makeWorkflow(name).steps(12).build());
}

async function annotationsOf({ workflows }: OpenNamespace, name: string) {
  return (await workflows.get<WorkflowExecution>(name)).metadata.annotations ?? {};
}

/** Creates of five of its steps at once, so that both replicas are asked. */
async function fiveSteps({ executions }: OpenNamespace, workflow: string) {
  const steps = [1, 2, 3, 4, 5].map((step) =>
    makeExecution(`${workflow}-step-${step}`)
      .of(workflow)
      .step(step)
      .withSpec({ parameters: { replicas: '3' } })
      .build(),
  );
  const { granted, refused } = await outcomesOf(steps.map((step) => executions.create(step)));
  return { granted: granted.length, refused: refused.flatMap(causesOf) };
}

const allRefused = (reason: string) => ({ granted: 0, refused: Array<string>(5).fill(reason) });
const allGranted = { granted: 5, refused: [] };

describe('BR-WF-169: raising the threshold', () => {
  it('releases a workflow that waits, within seconds and without a restart', async () => {
    const namespace = await openNamespace(client, 'raised');
    await workflowOfTwelve(namespace, 'waiting');
    expect(await fiveSteps(namespace, 'waiting')).toEqual(allRefused('ApprovalRequired'));
    await setThreshold(12);
    expect(await fiveSteps(namespace, 'waiting')).toEqual(allGranted);
    await setThreshold(10);
  });

  it('releases nothing that was rejected, or that still has more steps', async () => {
    const namespace = await openNamespace(client, 'still');
    await workflowOfTwelve(namespace, 'rejected');
    await namespace.workflows.mergePatch('rejected', {
      metadata: { annotations: { [approvalAnnotations.approved]: 'false' } },
    });
    await workflowOfTwelve(namespace, 'waiting');
    await setThreshold(11);
    expect(await fiveSteps(namespace, 'waiting')).toEqual(allRefused('ApprovalRequired'));
    await setThreshold(20);
    expect(await fiveSteps(namespace, 'rejected')).toEqual(allRefused('WorkflowIsOver'));
    await setThreshold(10);
  });

  it('lets what was released wait again once it is lowered, because its spec was written before', async () => {
    const namespace = await openNamespace(client, 'again');
    await workflowOfTwelve(namespace, 'waiting');
    await setThreshold(12);
    await setThreshold(10);
    expect(await fiveSteps(namespace, 'waiting')).toEqual(allRefused('ApprovalRequired'));
  });
});

describe('BR-WF-169: lowering the threshold', () => {
  it('leaves a workflow running that was created before, until somebody edits it', async () => {
    const namespace = await openNamespace(client, 'lowered');
    await setThreshold(12);
    await workflowOfTwelve(namespace, 'old');
    await setThreshold(10);
    expect(await fiveSteps(namespace, 'old')).toEqual(allGranted);
    // What is written beside the spec is no edit of it.
    await namespace.workflows.mergePatch('old', { metadata: { labels: { touched: 'yes' } } });
    await namespace.workflows.mergePatch('old', { spec: { paused: true } });
    for (const step of [1, 2, 3, 4, 5]) await namespace.executions.delete(`old-step-${step}`);
    await namespace.executeWhenFree('old', 'old-step-6');
    expect(await annotationsOf(namespace, 'old')).toMatchObject({ [approvalAnnotations.threshold]: '12' });

    await namespace.workflows.mergePatch('old', { spec: { serviceAccountName: 'other' } });
    expect(await annotationsOf(namespace, 'old')).toMatchObject({
      [approvalAnnotations.threshold]: '10',
      [approvalAnnotations.required]: 'true',
    });
    const refusal = await refusalOf(namespace.execute('old', 'old-step-7'));
    expect([refusal.code, ...causesOf(refusal)]).toEqual([403, 'ApprovalRequired']);
  });
});
