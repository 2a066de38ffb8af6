import { expect, it } from 'vitest';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import type { ReflectorHandler } from '../../src/kube/reflector-handler.ts';
import { createStore } from '../../src/kube/store.ts';
import { fanOut, selected, transformed } from './fan-out.ts';

const thing = (name: string, labels: Readonly<Record<string, string>> = {}): KubeObject => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: '1', labels },
});

it('tells all, and says at last who threw', () => {
  const [first, last] = [createStore(), createStore()];
  const broken = createStore({
    indexes: {
      broken: (): string[] => {
        throw new Error('a bug');
      },
    },
  });
  const handler = fanOut([first, broken, last] as readonly ReflectorHandler<KubeObject>[]);
  expect(() => handler.replaced([thing('a')], '1')).toThrow('A cache did not take');
  expect(() => handler.added(thing('b'))).toThrow('A cache did not take');
  for (const store of [first, last]) {
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(store.resourceVersion).toBe('1');
  }
  expect(broken.size).toBe(0);
});

it('hands the same object to all, but for who asks for another one', () => {
  const [whole, also, small] = [createStore(), createStore(), createStore()];
  const shrink = ({ metadata }: KubeObject): KubeObject => ({
    metadata: { ...metadata, labels: { small: '' } },
  });
  const handler = fanOut([whole, transformed(small, shrink), also]);
  handler.replaced([thing('a', { large: '' })], '1');
  handler.added(thing('b', { large: '' }));
  handler.modified(thing('b', { large: '2' }));
  expect(whole.list()).toEqual([thing('a', { large: '' }), thing('b', { large: '2' })]);
  expect(also.list()[0]).toBe(whole.list()[0]);
  expect(small.list()).toEqual([thing('a', { small: '' }), thing('b', { small: '' })]);
  handler.deleted(thing('b'));
  handler.progressed('9');
  expect([whole.size, small.size, small.resourceVersion]).toEqual([1, 1, '9']);
});

it('tells who selects as a watch with selectors would', () => {
  const store = createStore();
  const told: string[] = [];
  store.subscribe({
    added: ({ metadata }) => void told.push(`added ${metadata.name}`),
    updated: ({ metadata }) => void told.push(`updated ${metadata.name}`),
    removed: ({ metadata }) => void told.push(`removed ${metadata.name}`),
  });
  const handler = selected(store, ({ metadata }) => metadata.labels?.['live'] === 'yes');
  const [live, over] = [{ live: 'yes' }, { live: 'no' }];
  handler.replaced([thing('a', live), thing('b', over)], '1');
  handler.added(thing('c', over));
  handler.added(thing('d', live));
  handler.modified(thing('d', { ...live, more: '' }));
  handler.modified(thing('b', { ...over, more: '' }));
  handler.modified(thing('c', live));
  handler.modified(thing('a', over));
  handler.deleted(thing('d', live));
  expect(told).toEqual(['added a', 'added d', 'updated d', 'added c', 'removed a', 'removed d']);
  handler.added({ metadata: { ...thing('e', over).metadata, resourceVersion: '7' } });
  expect(store.resourceVersion).toBe('7');
});
