import { expect, test } from 'vitest';
import { type Pod, podsToEvict, toleratesCordon } from './pods-to-evict.ts';

const strict = { force: false, deleteEmptyDirData: false };

function pod(name: string, owner: string | undefined, rest: Partial<Pod> = {}, metadata: object = {}): Pod {
  const ownerReferences =
    owner === undefined
      ? []
      : [{ apiVersion: 'apps/v1', kind: owner, name: 'o', uid: 'u', controller: true }];
  return {
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', ownerReferences, ...metadata },
    ...rest,
  };
}

const names = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.name);

test('pods of DaemonSets and static pods stay', () => {
  const mirror = { annotations: { 'kubernetes.io/config.mirror': 'hash' } };
  const pods = [pod('web', 'ReplicaSet'), pod('agent', 'DaemonSet'), pod('static', undefined, {}, mirror)];
  expect(podsToEvict(pods, strict)).toEqual({ leaving: [pods[0]], refusals: [] });
});

const withData = { spec: { volumes: [{ emptyDir: {} }] } };

test.each([
  ['of no controller', pod('lone', undefined), 'has no controller', { ...strict, force: true }],
  ['with data', pod('data', 'ReplicaSet', withData), 'emptyDir', { ...strict, deleteEmptyDirData: true }],
])('a pod %s is evicted only where that is asked for', (_, each, refusal, asked) => {
  expect(podsToEvict([each], strict).refusals).toEqual([expect.stringContaining(refusal)]);
  expect(podsToEvict([each], asked)).toEqual({ leaving: [each], refusals: [] });
});

test.each([
  ['is over', pod('over', undefined, { ...withData, status: { phase: 'Succeeded' } })],
  ['is being deleted', pod('going', undefined, withData, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
])('a pod that %s has nothing to lose', (_, each) => {
  const { leaving, refusals } = podsToEvict([each], strict);
  expect({ leaving: names(leaving), refusals }).toEqual({ leaving: [each.metadata.name], refusals: [] });
});

test.each([
  [true, { operator: 'Exists' }],
  [true, { operator: 'Exists', effect: 'NoSchedule' }],
  [true, { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' }],
  [true, { key: 'node.kubernetes.io/unschedulable' }],
  [false, { key: 'node.kubernetes.io/unschedulable', value: 'x' }],
  [false, { operator: 'Exists', effect: 'NoExecute' }],
  [false, { key: 'node.kubernetes.io/not-ready', operator: 'Exists' }],
])('a pod may come back to a cordoned node (%s) with the toleration %j', (may, toleration) => {
  expect(toleratesCordon(pod('web', 'ReplicaSet', { spec: { tolerations: [toleration] } }))).toBe(may);
});
