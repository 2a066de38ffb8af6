import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { eventually } from '../cluster/eventually.ts';
import type { ProxiedRequest } from '../cluster/faulty-http-proxy.ts';
import type { Fault } from '../cluster/http-faults.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { metricOf } from './metric-of.ts';
import { openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';
import { type ReplicaOverProxies, startReplicaOverProxies } from './replica-over-proxies.ts';

/** A replica whose watch, reads or writes fail while the API server goes on: exact, or 503, and never a guess. */
let cluster: InstalledCluster;
let client: KubeClient;
let over: ReplicaOverProxies;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false, replicas: 1 });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  over = await startReplicaOverProxies(cluster);
});

beforeEach(async () => {
  over.requests.intercept(undefined);
  await over.replica.ready();
});

afterAll(async () => {
  await over?.close();
  client?.close();
  await cluster?.stop();
});

const isExecutionWatch = ({ path, query }: ProxiedRequest): boolean =>
  path.endsWith(`/${kubernetesExecutionKind.plural}`) && query.get('watch') === 'true';
const isExecutionRead = ({ path, method }: ProxiedRequest): boolean =>
  path.includes(`/${kubernetesExecutionKind.plural}`) && method === 'GET';
const isJournalWrite = ({ path, method }: ProxiedRequest): boolean =>
  path.includes('/slotjournals') && method !== 'GET';

/** From now on requests of this kind meet the fault; connections that were open break. */
function disturb(matches: (request: ProxiedRequest) => boolean, fault: Fault): void {
  over.requests.intercept((request) => (matches(request) ? fault : undefined));
  over.connections.resetAll();
}

const ofExecutions = `resource="${kubernetesExecutionKind.plural}"`;
const degradedDecisions = (): Promise<number> => metricOf(over.replica, 'stepgate_degraded_decisions_total');

/** From now on the watch of executions is connected, has shown all there is, and shows nothing more. */
async function silenceWatch(): Promise<void> {
  const relists = (): Promise<number> => metricOf(over.replica, 'stepgate_watch_relists_total', ofExecutions);
  const before = await relists();
  disturb(isExecutionWatch, { kind: 'silentWatch' });
  await eventually('the watch has begun anew', async () => (await relists()) > before);
  const probe = await openNamespace(client, `probe-${before}`);
  await eventually('the watch is connected', async () => {
    const degraded = await degradedDecisions();
    // A workflow of its own: one that is created and gone before the watch shows it keeps its slot for a while.
    const workflow = await probe.workflow(`of-${degraded}`);
    const { metadata } = await probe.execute(workflow, `probe-${degraded}`);
    await probe.executions.delete(metadata.name ?? '');
    return (await degradedDecisions()) === degraded;
  });
}

describe('BR-WF-166: a watch of executions', () => {
  it('that is cut and refused is replaced by lists: five fit, and what settles meanwhile is found', async () => {
    const namespace = await openNamespace(client, 'cut');
    const workflow = await namespace.workflow();
    const holders = await namespace.fill(workflow, 3);
    disturb(isExecutionWatch, { kind: 'reset' });
    const creates = Array.from({ length: 10 }, (_, index) => namespace.execute(workflow, `more-${index}`));
    expect((await outcomesOf(creates)).granted).toHaveLength(2);
    for (const holder of holders) await namespace.settle(holder);
    for (const name of ['sixth', 'seventh', 'eighth']) await namespace.execute(workflow, name);
    expect(await refusalOf(namespace.execute(workflow, 'ninth'))).toMatchObject({ code: 429 });
    expect(await namespace.active()).toHaveLength(5);
  });

  it('that is silent though it is connected is not believed when it says no: a list is asked', async () => {
    const namespace = await openNamespace(client, 'silent');
    const workflow = await namespace.workflow();
    const [first = ''] = await namespace.fill(workflow);
    await silenceWatch();
    const degraded = await degradedDecisions();
    await namespace.settle(first);
    await namespace.executeWhenFree(workflow, 'sixth');
    expect(await degradedDecisions()).toBeGreaterThan(degraded);
    expect(await refusalOf(namespace.execute(workflow, 'seventh'))).toMatchObject({ code: 429 });
    expect(await namespace.active()).toHaveLength(5);
  });

  it('that is silent hides nothing from a create: five fit, and the sixth does not', async () => {
    const namespace = await openNamespace(client, 'hidden');
    const workflow = await namespace.workflow();
    await silenceWatch();
    const creates = Array.from({ length: 10 }, (_, index) => namespace.execute(workflow, `step-${index}`));
    const { granted, refused } = await outcomesOf(creates);
    expect(granted).toHaveLength(5);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([429]));
  });
});

describe('a read of executions', () => {
  it('that fails while the watch is cut is no reason to guess', async () => {
    const namespace = await openNamespace(client, 'unread');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 3);
    disturb(isExecutionRead, { kind: 'status', code: 429, reason: 'TooManyRequests' });
    const creates = Array.from({ length: 10 }, (_, index) => namespace.execute(workflow, `more-${index}`));
    const { granted, refused } = await outcomesOf(creates);
    expect(granted).toEqual([]);
    expect(new Set(refused.map((status) => [status.code, ...causesOf(status)].join()))).toEqual(
      new Set(['503,WatchBehind']),
    );
    over.requests.intercept(undefined);
    await namespace.execute(workflow, 'fourth');
    await namespace.execute(workflow, 'fifth');
    expect(await refusalOf(namespace.execute(workflow, 'sixth'))).toMatchObject({ code: 429 });
  });
});

describe('a journal', () => {
  it('that the webhook may not write any more lets nobody in, and the refusal says so', async () => {
    const namespace = await openNamespace(client, 'unwritable');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 1);
    const fault: Fault = { kind: 'status', code: 403, reason: 'Forbidden' };
    over.requests.intercept((request) => (isJournalWrite(request) ? fault : undefined));
    const refusal = await refusalOf(namespace.execute(workflow, 'second'));
    expect([refusal.code, refusal.reason, ...causesOf(refusal)]).toEqual([
      503,
      'ServiceUnavailable',
      'JournalUnwritable',
    ]);
    expect(refusal.message).toContain('injected 403');
    expect(refusal.details?.retryAfterSeconds).toBeUndefined();
    over.requests.intercept(undefined);
    await namespace.execute(workflow, 'second');
    expect(await namespace.active()).toHaveLength(2);
  });

  it('whose writes are not answered is read again: each create has one slot all the same', async () => {
    const namespace = await openNamespace(client, 'unanswered');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 1);
    let writes = 0;
    over.requests.intercept((request) => {
      if (!isJournalWrite(request)) return undefined;
      writes += 1;
      return writes % 2 === 1 ? { kind: 'loseAnswer' } : undefined;
    });
    for (const name of ['second', 'third', 'fourth', 'fifth']) await namespace.execute(workflow, name);
    expect(writes).toBeGreaterThan(1);
    expect(await refusalOf(namespace.execute(workflow, 'sixth'))).toMatchObject({ code: 429 });
  });
});
