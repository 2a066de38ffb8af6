import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution, makeGeneratedExecution } from '../builders/execution-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import type { KubectlResult } from '../cluster/kubectl.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';

/** BR-WF-166 for every way in which a client can make an execution exist. */
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

async function fullNamespace(name: string): Promise<OpenNamespace & { readonly full: string }> {
  const namespace = await openNamespace(client, name);
  const full = await namespace.workflow('full');
  await namespace.fill(full);
  return { ...namespace, full };
}

function kubectl({ name }: OpenNamespace, args: readonly string[], input: object): Promise<KubectlResult> {
  const inNamespace = ['--namespace', name, ...args, '-f', '-'];
  return cluster.controlPlane.kubectl(inNamespace, { input: JSON.stringify(input) });
}

const listOf = (items: readonly object[]): object => ({ apiVersion: 'v1', kind: 'List', items });

describe('BR-WF-166: the sixth execution is refused', () => {
  const sixth = (workflow: string): KubernetesExecution => makeExecution('sixth').of(workflow).build();

  it.each([
    ['create', ['create']],
    ['apply', ['apply']],
    ['replace --force', ['replace', '--force']],
    ['server-side apply', ['apply', '--server-side']],
    ['create of a dry run', ['create', '--dry-run=server']],
    ['apply of a dry run', ['apply', '--server-side', '--dry-run=server']],
  ])('to kubectl %s, with a message worth reading', async (what, args) => {
    const namespace = await fullNamespace(`kubectl-${what.replaceAll(/[^a-z]+/g, '-')}`);
    const { exitCode, stderr } = await kubectl(namespace, args, sixth(namespace.full));
    expect(stderr).toContain(
      'Workflow "full" may have 5 active executions and all of its slots are taken, by',
    );
    for (let step = 1; step <= 5; step += 1) expect(stderr).toContain(`full-step-${step}`);
    expect(stderr).toContain('Try again when one of them has settled.');
    expect(exitCode).toBe(1);
    expect(await namespace.active()).toHaveLength(5);
  });

  it('under a name that the API server makes up', async () => {
    const namespace = await fullNamespace('generate-name');
    const create = namespace.executions.create(makeGeneratedExecution('step-').of(namespace.full).build());
    expect(await refusalOf(create)).toMatchObject({ code: 429, reason: 'TooManyRequests' });
    expect(await namespace.active()).toHaveLength(5);
  });

  it('to a merge of a server-side apply and a create that both make it', async () => {
    const namespace = await fullNamespace('apply-and-create');
    const object = sixth(namespace.full);
    const { refused } = await outcomesOf([
      namespace.executions.apply(object),
      namespace.executions.create(object),
    ]);
    expect(refused.map(({ code }) => code)).toEqual([429, 429]);
  });

  it('in a List of ten objects, whose first five are created', async () => {
    const namespace = await openNamespace(client, 'list-of-ten');
    const workflow = await namespace.workflow();
    const ten = Array.from({ length: 10 }, (_, index) => makeExecution(`step-${index}`).of(workflow).build());
    const { stdout, stderr, exitCode } = await kubectl(namespace, ['create'], listOf(ten));
    expect(stdout.trim().split('\n')).toHaveLength(5);
    expect(stderr.match(/may have 5 active executions/g)).toHaveLength(5);
    expect(exitCode).toBe(1);
    expect(await namespace.active()).toEqual(['step-0', 'step-1', 'step-2', 'step-3', 'step-4']);
  });

  it('but the name of an active one may be applied and replaced again', async () => {
    const namespace = await fullNamespace('again');
    const holder = makeExecution('full-step-1').of(namespace.full).label('team', 'shop').build();
    for (const args of [['apply', '--server-side'], ['replace']]) {
      expect(await kubectl(namespace, args, holder)).toMatchObject({ exitCode: 0 });
    }
  });
});

describe('a dry run', () => {
  it('is answered exactly and writes nothing', async () => {
    const namespace = await openNamespace(client, 'dry-run');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 4);
    const before = await namespace.journal();
    const fifth = makeExecution('fifth').of(workflow).build();
    const dryRuns = Array.from({ length: 20 }, () => namespace.executions.create(fifth, { dryRun: 'All' }));
    expect((await outcomesOf(dryRuns)).refused).toEqual([]);
    expect(await namespace.journal()).toEqual(before);
    expect(await namespace.active()).toHaveLength(4);

    await namespace.executions.create(fifth);
    const sixth = makeExecution('sixth').of(workflow).build();
    const refusal = await refusalOf(namespace.executions.create(sixth, { dryRun: 'All' }));
    expect([refusal.code, causesOf(refusal)[0]]).toEqual([429, 'ParallelLimitReached']);
  });
});

describe('a dry run in a fresh namespace', () => {
  it('is answered exactly and makes no journal', async () => {
    const namespace = await openNamespace(client, 'dry-run-first');
    const workflow = await namespace.workflow();
    const first = makeExecution('first').of(workflow).build();
    const dryRuns = Array.from({ length: 10 }, () => namespace.executions.create(first, { dryRun: 'All' }));
    expect((await outcomesOf(dryRuns)).refused).toEqual([]);
    expect([await namespace.journal(), await namespace.active()]).toEqual([undefined, []]);
    await namespace.fill(workflow);
    expect(await namespace.journal()).toBeDefined();
  });
});

describe('BR-WF-166: a burst', () => {
  it('of 50 creates by five clients over two replicas lets exactly five in, for each of ten workflows', async () => {
    const namespace = await openNamespace(client, 'burst');
    const workflows = Array.from({ length: 10 }, (_, index) => `burst-${index}`);
    await Promise.all(workflows.map((name) => namespace.workflow(name)));
    // Each admission past 25 at once costs a TLS handshake: more connections would test the machine, not the limit.
    const clients = Array.from({ length: 5 }, () =>
      createKubeClient(cluster.controlPlane.kubeConfig(), { maxSockets: 12 }),
    );
    const creates = workflows.flatMap((workflow) =>
      Array.from({ length: 50 }, (_, index) =>
        clients[index % 5]?.request({
          method: 'POST',
          path: `/apis/kubernetesexecution.kubernaut.io/v1alpha1/namespaces/${namespace.name}/kubernetesexecutions`,
          body: makeExecution(`${workflow}-step-${index}`).of(workflow).build(),
        }),
      ),
    );
    const { granted, refused } = await outcomesOf(creates.map(async (create) => create));
    for (const each of clients) each.close();
    expect(granted).toHaveLength(50);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([429]));
    for (const workflow of workflows) expect(await namespace.active(workflow)).toHaveLength(5);
  });
});
