import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalWriterPolicyName } from '../../src/api/manifests/journal-writer-policy.ts';
import { slotJournalKind, slotJournalName } from '../../src/api/names.ts';
import type { SlotJournal } from '../../src/api/slot-journal.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { kindClient } from '../cluster/kind-client.ts';
import { type Observer, startObserver } from '../storm/observer.ts';
import { startBusyClients } from './busy-clients.ts';
import { mostActive } from './most-active.ts';
import { openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';

/** The journal in the hands of others: nobody may write it, and where somebody does the limit holds. */
const lifetimeMilliseconds = 35_000;
let cluster: InstalledCluster;
let client: KubeClient;
let observer: Observer;

beforeAll(async () => {
  cluster = await startInstalledCluster({
    controllerManager: false,
    environment: { RESERVATION_LIFETIME: `${lifetimeMilliseconds / 1_000}s` },
  });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  observer = await startObserver(client);
});

afterAll(async () => {
  await observer?.stop();
  client?.close();
  await cluster?.stop();
});

describe('nobody but the webhook', () => {
  it('writes its journal: not even an admin', async () => {
    const namespace = await openNamespace(client, 'refused');
    await namespace.fill(await namespace.workflow());
    const { granted, refused } = await outcomesOf([
      namespace.journals.delete(slotJournalName),
      namespace.journals.mergePatch(slotJournalName, { spec: { reservations: [] } }),
    ]);
    expect(granted).toEqual([]);
    for (const refusal of refused) {
      expect(refusal.code).toBe(403);
      expect(refusal.message).toContain(
        'SlotJournals are written by system:serviceaccount:kubernaut-system:',
      );
    }
    expect((await namespace.journal())?.spec.format).toBe(1);
  });
});

describe('with the policy out of the way', () => {
  beforeAll(async () => {
    const args = ['delete', 'validatingadmissionpolicybinding', journalWriterPolicyName];
    await cluster.controlPlane.kubectl(args);
    const probe = await openNamespace(client, 'probe');
    await probe.fill(await probe.workflow(), 1);
    await eventually('an admin may write a journal', async () => {
      const write = probe.journals.mergePatch(slotJournalName, { metadata: { labels: { probe: 'true' } } });
      return (await outcomesOf([write])).granted.length === 1;
    });
  });

  it.concurrent(
    'a journal that is deleted under load is made anew, and admits nothing before what the old one had admitted is known',
    { timeout: 90_000 },
    async () => {
      const namespace = await openNamespace(client, 'deleted');
      const workflow = await namespace.workflow();
      await using busy = startBusyClients(namespace, workflow);
      await eventually('there is load', async () => busy.admitted > 20);
      await namespace.journals.delete(slotJournalName);
      await eventually('creates are refused', async () => busy.reasons.has('JournalRecovering'));
      const lostAt = performance.now();
      await busy.stop();
      expect((await namespace.journal())?.spec).toMatchObject({ recovering: true, reservations: [] });
      const refusal = await refusalOf(namespace.execute(workflow, 'meanwhile'));
      expect([refusal.code, ...causesOf(refusal)]).toEqual([503, 'JournalRecovering']);
      expect(refusal.message).toMatch(/creates it may have admitted are awaited for another \d+ s/);

      await eventually(
        'creates are admitted again',
        async () => {
          const { granted, refused } = await outcomesOf([namespace.execute(workflow, 'after')]);
          expect(refused.map((status) => causesOf(status)[0])).toEqual(
            refused.map(() => 'JournalRecovering'),
          );
          return granted.length === 1;
        },
        lifetimeMilliseconds + 15_000,
      );
      expect(performance.now() - lostAt).toBeGreaterThan(lifetimeMilliseconds - 2_000);
      const creates = Array.from({ length: 10 }, (_, index) => namespace.execute(workflow, `last-${index}`));
      await outcomesOf(creates);
      await observer.caughtUp();
      expect(mostActive(observer.events, `${namespace.name}/${workflow}`)).toBe(5);
      expect(observer.active(`${namespace.name}/${workflow}`).size).toBe(5);
    },
  );

  it.concurrent('what others write into it is neither overwritten nor believed', async () => {
    const namespace = await openNamespace(client, 'others');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 1);
    const creates = Array.from({ length: 30 }, (_, index) => namespace.execute(workflow, `step-${index}`));
    const writes = Array.from({ length: 10 }, (_, index) =>
      namespace.journals.mergePatch(slotJournalName, {
        metadata: { labels: { [`write-${index}`]: 'true' } },
      }),
    );
    const [{ granted }, others] = await Promise.all([outcomesOf(creates), outcomesOf(writes)]);
    expect([granted.length, others.granted.length]).toEqual([4, 10]);
    expect(await namespace.active()).toHaveLength(5);
  });

  it.concurrent('a journal in a newer format is not guessed at', async () => {
    const namespace = await openNamespace(client, 'newer');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 1);
    await acceptAnyFormat();
    const webhook = createKubeClient(cluster.controlPlane.kubeConfig('webhook'));
    const journals = kindClient(webhook, slotJournalKind, namespace.name);
    const known = await journals.get<SlotJournal>(slotJournalName);
    const newer = { ...known, spec: { ...known.spec, format: 2 } };
    await eventually(
      'a journal may have any format',
      async () => (await outcomesOf([journals.replace(newer)])).granted.length === 1,
    );
    webhook.close();
    for (const name of ['second', 'third']) {
      const refusal = await refusalOf(namespace.execute(workflow, name));
      expect([refusal.code, ...causesOf(refusal)]).toEqual([503, 'JournalFormatUnknown']);
      expect(refusal.message).toContain(
        'SlotJournal newer/slots is in a format that this replica does not know',
      );
    }
    expect(await namespace.journal()).toMatchObject({ spec: { format: 2 } });
  });
});

/** The definition of the kind as a newer stepgate may have it. */
async function acceptAnyFormat(): Promise<void> {
  const name = `${slotJournalKind.plural}.${slotJournalKind.group}`;
  const path = '/spec/versions/0/schema/openAPIV3Schema';
  const body = [
    { op: 'replace', path, value: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  ];
  await client.request({
    method: 'PATCH',
    path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
    contentType: 'application/json-patch+json',
    body,
  });
}
