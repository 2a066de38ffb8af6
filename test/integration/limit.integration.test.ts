import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';

/** The plan's cases that admission alone can keep, by the plan's own words, for clients that count nothing. */
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

/** The executions of steps `first` and on, created at once by somebody who does not count. */
async function createSteps(
  { executions }: OpenNamespace,
  workflow: string,
  count: number,
  first = 1,
): Promise<number> {
  const creates = Array.from({ length: count }, (_, index) =>
    executions.create(
      makeExecution(`${workflow}-step-${first + index}`)
        .of(workflow)
        .step(first + index)
        .build(),
    ),
  );
  const { granted, refused } = await outcomesOf(creates);
  expect(refused.map((status) => [status.code, causesOf(status)[0]])).toEqual(
    refused.map(() => [429, 'ParallelLimitReached']),
  );
  return granted.length;
}

/** How many more executions the workflow may have just now: creates until the first that is refused. */
async function availableSlots(namespace: OpenNamespace, workflow: string): Promise<number> {
  for (let available = 0; ; available += 1) {
    const create = namespace.execute(workflow, `${workflow}-probe-${available}`);
    const { refused } = await outcomesOf([create]);
    if (refused.length > 0) return available;
  }
}

describe('BR-WF-166: the limit of parallel executions', () => {
  it('should create CRDs up to parallel limit: of ten creates at once exactly five', async () => {
    const namespace = await openNamespace(client, 'up-to-limit');
    const workflow = await namespace.workflow();
    expect(await createSteps(namespace, workflow, 10)).toBe(5);
    expect(await namespace.active(workflow)).toHaveLength(5);
  });

  it('should limit concurrent KubernetesExecution CRDs to 5, and to no fewer', async () => {
    const namespace = await openNamespace(client, 'to-five');
    const workflow = await namespace.workflow();
    for (let step = 1; step <= 5; step += 1) await namespace.execute(workflow, `step-${step}`);
    expect(await createSteps(namespace, workflow, 5, 6)).toBe(0);
    expect(await namespace.active(workflow)).toHaveLength(5);
  });

  it('should respect active steps when creating new CRDs: of five creates beside three, two', async () => {
    const namespace = await openNamespace(client, 'beside-three');
    const workflow = await namespace.workflow();
    const existing = await namespace.fill(workflow, 3);
    for (const name of existing) await namespace.settle(name, 'executing');
    expect(await createSteps(namespace, workflow, 5, 10)).toBe(2);
  });

  it('should calculate available slots correctly: three active leave two', async () => {
    const namespace = await openNamespace(client, 'three-active');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 3);
    expect(await availableSlots(namespace, workflow)).toBe(2);
  });

  it('should return 0 when limit reached', async () => {
    const namespace = await openNamespace(client, 'limit-reached');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow);
    expect(await availableSlots(namespace, workflow)).toBe(0);
  });

  it('holds for each workflow of the plan and of kubernaut, whichever shape it has', async () => {
    const namespace = await openNamespace(client, 'shapes');
    await namespace.workflows.create(makeWorkflow('plan').steps(10).build());
    await namespace.workflows.create(makeWorkflow('kubernaut').steps(10).asDefinition().build());
    const created = ['plan', 'kubernaut'].map((workflow) => createSteps(namespace, workflow, 10));
    expect(await Promise.all(created)).toEqual([5, 5]);
  });

  it('says in the refusal what the limit is and who holds the slots, and asks for no retry', async () => {
    const namespace = await openNamespace(client, 'refusal');
    const workflow = await namespace.workflow();
    const holders = await namespace.fill(workflow);
    const refusal = await refusalOf(namespace.execute(workflow, 'sixth'));
    expect(refusal).toMatchObject({ code: 429, reason: 'TooManyRequests' });
    expect(refusal.message).toContain('Workflow "restart" may have 5 active executions');
    for (const holder of holders) expect(refusal.message).toContain(holder);
    expect(
      refusal.details?.causes
        ?.slice(1)
        .map(({ field }) => field)
        .sort(),
    ).toEqual(holders);
    expect(refusal.details?.retryAfterSeconds).toBeUndefined();
    expect(refusal.details).toMatchObject({ name: 'sixth', kind: 'kubernetesexecutions' });
  });
});

describe('BR-WF-167: a slot that is free is given to the next create', () => {
  it('lets one more in for each that settles, and no more', async () => {
    const namespace = await openNamespace(client, 'progress');
    const workflow = await namespace.workflow();
    const [first = '', second = ''] = await namespace.fill(workflow);
    await namespace.settle(first);
    await namespace.settle(second, 'failed');
    await namespace.executeWhenFree(workflow, 'sixth');
    await namespace.executeWhenFree(workflow, 'seventh');
    expect(await createSteps(namespace, workflow, 5, 6)).toBe(0);
    expect(await namespace.active(workflow)).toHaveLength(5);
  });
});

describe('BR-WF-168: the count of active executions', () => {
  it('should count active KubernetesExecution CRDs accurately, in whatever phase they are', async () => {
    const namespace = await openNamespace(client, 'every-phase');
    const workflow = await namespace.workflow();
    const [first = '', second = ''] = await namespace.fill(workflow, 3);
    await namespace.settle(first, 'executing');
    await namespace.settle(second, 'validating');
    expect(await namespace.active(workflow)).toHaveLength(3);
    expect(await availableSlots(namespace, workflow)).toBe(2);
  });

  it('should NOT count completed or failed steps as active, nor those that are ready to be rolled back', async () => {
    const namespace = await openNamespace(client, 'settled');
    const workflow = await namespace.workflow();
    const [, , third = '', fourth = '', fifth = ''] = await namespace.fill(workflow);
    await namespace.settle(third, 'completed');
    await namespace.settle(fourth, 'failed');
    await namespace.settle(fifth, 'rollback_ready');
    expect(await namespace.active(workflow)).toHaveLength(2);
    for (const name of ['sixth', 'seventh', 'eighth']) await namespace.executeWhenFree(workflow, name);
    expect(await availableSlots(namespace, workflow)).toBe(0);
  });

  it('counts each workflow alone, and the same name in two namespaces as two', async () => {
    const [here, there] = [await openNamespace(client, 'here'), await openNamespace(client, 'there')];
    const workflow = await here.workflow();
    await there.workflow(workflow);
    await here.workflow('other');
    await here.fill(workflow);
    expect(await createSteps(here, 'other', 10)).toBe(5);
    expect(await createSteps(there, workflow, 10)).toBe(5);
    expect(await createSteps(here, workflow, 3, 6)).toBe(0);
  });
});
