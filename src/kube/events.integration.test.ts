import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import { systemClock } from './clock.ts';
import { listAll } from './consistent-list.ts';
import { createEventRecorder, type EventRecorder } from './events.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';

interface Event extends KubeObject {
  readonly reason: string;
  readonly note: string;
  readonly series?: { readonly count: number };
}

const kind = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events' };
let controlPlane: ControlPlane;
let client: KubeClient;
let recorder: EventRecorder;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  client = createKubeClient(controlPlane.kubeConfig());
  recorder = createEventRecorder({
    client,
    reporter: { controller: 'stepgate.kubernaut.io/webhook', instance: 'pod-1' },
    clock: systemClock,
    date: () => new Date(),
    random: Math.random,
    seriesMilliseconds: 10,
  });
});
afterAll(async () => {
  await recorder.stop();
  client.close();
  await controlPlane.stop();
});

const record = (name: string, note: string, namespace?: string): void =>
  recorder.record({
    regarding: {
      apiVersion: 'v1',
      kind: namespace === undefined ? 'Namespace' : 'ConfigMap',
      name,
      uid: `uid-${name}`,
      ...(namespace === undefined ? {} : { namespace }),
    },
    type: 'Warning',
    reason: 'ConfigurationRefused',
    action: 'ReadConfiguration',
    note,
  });
const recorded = async (): Promise<readonly Event[]> =>
  (await listAll<Event>(client, { kind, fieldSelector: 'reason=ConfigurationRefused' })).items;

it('the API server takes the Events as they are, and their counts', async () => {
  record('settings', 'max-parallel-steps must be a number', 'kube-system');
  record('kube-system', 'ü'.repeat(2000));
  await recorder.idle();
  expect(recorder.dropped).toBe(0);
  const namespaces = new Set((await recorded()).map(({ metadata }) => metadata.namespace));
  expect(namespaces).toEqual(new Set(['default', 'kube-system']));

  record('settings', 'max-parallel-steps must be a number', 'kube-system');
  await expect
    .poll(async () => (await recorded()).find(({ series }) => series !== undefined)?.series?.count, {
      timeout: 20_000,
    })
    .toBe(2);
  expect(await recorded()).toHaveLength(2);

  const { stdout } = await controlPlane.kubectl(['get', 'events', '-n', 'kube-system']);
  expect(stdout).toContain('max-parallel-steps must be a number');
});

it('an Event for a namespace that is gone is dropped', async () => {
  record('settings', 'any', 'nowhere');
  await recorder.idle();
  expect(recorder.dropped).toBe(1);
});
