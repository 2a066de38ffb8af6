import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ControlPlane, UserName } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { eventually } from '../../../test/cluster/eventually.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import type { KindClient } from '../../../test/cluster/kind-client.ts';
import { kindClient } from '../../../test/cluster/kind-client.ts';
import type { KubeClient } from '../../kube/kube-client.ts';
import { createKubeClient } from '../../kube/kube-client.ts';
import { resourcePath } from '../../kube/resource-path.ts';
import { slotJournalKind } from '../names.ts';
import type { SlotJournal } from '../slot-journal.ts';

const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };
const apiVersion = `${slotJournalKind.group}/${slotJournalKind.version}`;

let controlPlane: ControlPlane;
const clients = new Map<UserName, KubeClient>();

beforeAll(async () => {
  controlPlane = await startControlPlane();
  await installManifests(controlPlane);
  // Rights alone must not be enough: this developer may do everything with journals.
  await controlPlane.kubectl([
    'create',
    'clusterrole',
    'journals',
    '--verb=*',
    '--resource=slotjournals.stepgate.kubernaut.io',
  ]);
  await controlPlane.kubectl([
    'create',
    'clusterrolebinding',
    'journals',
    '--clusterrole=journals',
    '--user=developer',
  ]);
  await journalsOf('webhook').create(journal('slots'));
});

afterAll(async () => {
  for (const client of clients.values()) client.close();
  await controlPlane?.stop();
});

function clientOf(user: UserName): KubeClient {
  const client = clients.get(user) ?? createKubeClient(controlPlane.kubeConfig(user));
  clients.set(user, client);
  return client;
}

function journalsOf(user: UserName, namespace = 'default'): KindClient {
  return kindClient(clientOf(user), slotJournalKind, namespace);
}

function journal(name: string) {
  const reservation = { name: 'w-step-1', uids: ['u'], workflow: 'w', reservedAt: '2026-01-01T00:00:00Z' };
  return {
    apiVersion,
    kind: slotJournalKind.kind,
    metadata: { name },
    spec: { format: 1, compactedThrough: '42', reservations: [reservation] },
  } satisfies SlotJournal;
}

describe("the webhook's account", () => {
  it('writes the journal, and reads what it wrote', async () => {
    const mine = journalsOf('webhook');
    const stored = await mine.get<SlotJournal>('slots');
    expect(stored.spec).toEqual(journal('slots').spec);
    const spec = { ...stored.spec, compactedThrough: '43', recovering: true };
    expect(await mine.replace({ ...stored, spec })).toMatchObject({ spec });
    await expect(mine.replace({ ...stored, spec })).rejects.toMatchObject({
      status: { code: 409, reason: 'Conflict' },
    });
  });

  it('writes it in the format that it knows', async () => {
    const alien = { ...journal('alien'), spec: { ...journal('alien').spec, format: 2 } };
    await expect(journalsOf('webhook').create(alien)).rejects.toMatchObject({ status: { code: 422 } });
  });
});

describe.each<UserName>(['admin', 'developer'])('%s, who has every right', (user) => {
  it.each<[string, (journals: KindClient) => Promise<unknown>]>([
    ['create', (journals) => journals.create(journal('another'))],
    ['create in a dry run', (journals) => journals.create(journal('another'), { dryRun: 'All' })],
    [
      'replace',
      async (journals) =>
        journals.replace({ ...(await journals.get<SlotJournal>('slots')), spec: journal('').spec }),
    ],
    ['merge patch', (journals) => journals.mergePatch('slots', { spec: { reservations: [] } })],
    [
      'merge patch of metadata',
      (journals) => journals.mergePatch('slots', { metadata: { labels: { a: 'b' } } }),
    ],
    [
      'JSON patch',
      (journals) => journals.jsonPatch('slots', [{ op: 'remove', path: '/spec/reservations/0' }]),
    ],
    ['server-side apply', (journals) => journals.apply(journal('slots'))],
    ['delete', (journals) => journals.delete('slots')],
    ['delete the collection', (journals) => journals.deleteCollection()],
  ])('cannot %s', async (_, attempt) => {
    await expect(attempt(journalsOf(user))).rejects.toMatchObject({
      status: {
        code: 403,
        message: expect.stringMatching(
          new RegExp(
            `SlotJournals are written by .* alone.* You are ${user}\\. To remove stepgate, uninstall it\\.`,
          ),
        ) as string,
      },
    });
    expect(await journalsOf('webhook').get('slots')).toMatchObject({ metadata: { name: 'slots' } });
  });
});

describe('a namespace with a journal inside', () => {
  const admin = () => clientOf('admin');
  const createNamespace = (name: string) =>
    admin().request({ method: 'POST', path: resourcePath(namespaces), body: { metadata: { name } } });
  const gone = async (path: string) =>
    admin()
      .request({ method: 'GET', path })
      .then(
        () => false,
        () => true,
      );

  it('can be deleted', { timeout: 90_000 }, async () => {
    await createNamespace('ending');
    await journalsOf('webhook', 'ending').create(journal('slots'));
    const path = resourcePath(namespaces, { name: 'ending' });
    await admin().request({ method: 'DELETE', path });
    await expect(eventually('the namespace is gone', () => gone(path), 60_000)).resolves.toBeUndefined();
  });

  it('lets go of the journal only when it is terminating', async () => {
    await createNamespace('held');
    await journalsOf('webhook', 'held').create(journal('slots'));
    await expect(journalsOf('admin', 'held').delete('slots')).rejects.toMatchObject({
      status: { code: 403 },
    });
  });

  it('lets go of it with its CRD, which no policy is asked about', { timeout: 60_000 }, async () => {
    const definition = `${slotJournalKind.plural}.${slotJournalKind.group}`;
    const kind = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
    const path = resourcePath(kind, { name: definition });
    await admin().request({ method: 'DELETE', path });
    await eventually('the CRD is gone', () => gone(path), 30_000);
    await installManifests(controlPlane);
    // The API server refuses lists until it has begun to watch what it stores of a new kind.
    const listed = () => journalsOf('webhook').list();
    await vi.waitFor(async () => expect(await listed()).toMatchObject({ items: [] }), { timeout: 30_000 });
  });
});
