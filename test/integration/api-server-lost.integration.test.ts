import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { startBusyClients } from './busy-clients.ts';
import { metricOf } from './metric-of.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { outcomesOf } from './refusal.ts';

/** BR-WF-166 when the API server goes away and comes back, with its history or with an older one. */
let cluster: InstalledCluster;
let client: KubeClient;

beforeAll(async () => {
  cluster = await startInstalledCluster({
    controllerManager: false,
    environment: { RESERVATION_LIFETIME: '35s' },
  });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

/** Creates ten at once; answers how many were admitted. */
async function createTen(namespace: OpenNamespace, prefix: string): Promise<number> {
  const names = Array.from({ length: 10 }, (_, index) => `${prefix}-${index}`);
  return (await outcomesOf(names.map((name) => namespace.execute('restart', name)))).granted.length;
}

describe('BR-WF-166: an API server that is killed and started again', { timeout: 120_000 }, () => {
  it('under load finds five, and goes on with five', async () => {
    const namespace = await openNamespace(client, 'restarted');
    await using busy = startBusyClients(namespace, await namespace.workflow());
    await eventually('there is load', async () => busy.admitted > 20);
    await cluster.controlPlane.restartApiServer();
    const before = busy.admitted;
    await eventually('creates are admitted again', async () => busy.admitted > before + 20);
    await busy.stop();
    expect(busy.mostHeld).toBeGreaterThan(1);
    expect(busy.mostHeld).toBeLessThanOrEqual(5);
    await eventually(
      'nothing is left over',
      async () => (await createTen(namespace, `left-${busy.admitted}`)) > 0,
    );
  });
});

describe('BR-WF-166: an API server that comes back from a backup', { timeout: 120_000 }, () => {
  it('counts what the backup has, and not what was to become of it', async () => {
    const full = await openNamespace(client, 'full');
    const three = await openNamespace(client, 'three');
    const none = await openNamespace(client, 'none');
    const all = [full, three, none];
    await Promise.all(all.map((namespace) => namespace.workflow('restart')));
    const holders = await full.fill('restart', 5);
    await three.fill('restart', 3);
    const restore = await cluster.controlPlane.saveEtcd();

    // In the history that is taken back, `full` and `three` become empty, and `none` becomes full.
    for (const name of holders) await full.settle(name);
    await three.executions.deleteCollection();
    await none.fill('restart', 5);
    for (const namespace of [full, three]) {
      for (const name of ['next', 'next-but-one']) {
        await namespace.executeWhenFree('restart', name);
        await namespace.settle(name);
      }
    }
    await restore();
    const isListed = () =>
      full.active().then(
        () => true,
        () => false,
      );
    await eventually('executions can be listed', isListed);

    const created = new Map(all.map((namespace) => [namespace, 0]));
    let round = 0;
    await eventually(
      'every slot that the backup leaves free is given',
      async () => {
        round += 1;
        for (const namespace of all) {
          const more = await createTen(namespace, `round-${round}`);
          created.set(namespace, (created.get(namespace) ?? 0) + more);
          expect((await namespace.active()).length).toBeLessThanOrEqual(5);
        }
        return created.get(three) === 2 && created.get(none) === 5;
      },
      90_000,
    );
    expect(all.map((namespace) => created.get(namespace))).toEqual([0, 2, 5]);
    const restarts = cluster.replicas.map((replica) => metricOf(replica, 'stepgate_journal_restarts_total'));
    expect((await Promise.all(restarts)).some((count) => count > 0)).toBe(true);
  });
});
