import { expect, it } from 'vitest';
import type { KubeObject, OwnerReference } from '../../src/kube/kube-object.ts';
import { ownerKeys, ownKey } from './owner-keys.ts';

const kind = { group: 'a.io', kind: 'Parent' };
const owner = (rest: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'a.io/v1',
  kind: 'Parent',
  name: 'p',
  uid: 'u',
  controller: true,
  ...rest,
});
const child = (...ownerReferences: OwnerReference[]): KubeObject => ({
  metadata: { name: 'c', namespace: 'n', uid: 'c', resourceVersion: '1', ownerReferences },
});

it('an object leads to itself', () => {
  expect(ownKey(child())).toEqual(['n/c']);
});

it('a child leads to the parent that controls it, in its own namespace', () => {
  expect(ownerKeys(kind)(child(owner()))).toEqual(['n/p']);
  expect(ownerKeys(kind)(child(owner({ apiVersion: 'a.io/v2beta1' })))).toEqual(['n/p']);
  expect(ownerKeys({ group: '', kind: 'Pod' })(child(owner({ apiVersion: 'v1', kind: 'Pod' })))).toEqual([
    'n/p',
  ]);
});

it.each<[string, KubeObject]>([
  ['nobody', { metadata: { name: 'c', namespace: 'n', uid: 'c', resourceVersion: '1' } }],
  ['a parent that does not control it', child(owner({ controller: false }))],
  ['another kind', child(owner({ kind: 'Other' }))],
  ['the same kind of another group', child(owner({ apiVersion: 'b.io/v1' }))],
])('a child of %s leads to nobody', (_, item) => {
  expect(ownerKeys(kind)(item)).toEqual([]);
});

it('a child that goes to another parent leads to both', () => {
  expect(ownerKeys(kind)(child(owner({ name: 'new' })), child(owner({ name: 'old' })))).toEqual([
    'n/new',
    'n/old',
  ]);
  expect(ownerKeys(kind)(child(owner()), child(owner()))).toEqual(['n/p']);
});
