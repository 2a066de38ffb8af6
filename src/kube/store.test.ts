import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from './kube-object.ts';
import { createStore, type Store } from './store.ts';

interface Pod extends KubeObject {
  readonly node: string;
}

const pod = (name: string, node: string, resourceVersion = '1', uid = `uid-${name}`): Pod => ({
  metadata: { name, namespace: 'n', uid, resourceVersion },
  node,
});

let store: Store<Pod, 'node'>;
let told: string[];
beforeEach(() => {
  store = createStore<Pod, 'node'>({ indexes: { node: (item) => (item.node === '' ? [] : [item.node]) } });
  told = [];
  store.subscribe({
    added: (item) => told.push(`added ${item.metadata.name}`),
    updated: (item, before) => told.push(`updated ${item.metadata.name} ${before.node}->${item.node}`),
    removed: (item) => told.push(`removed ${item.metadata.name}`),
  });
});

const namesOn = (node: string) => store.byIndex('node', node).map(({ metadata }) => metadata.name);

describe('createStore', () => {
  it('finds an item by its name and by its index', () => {
    store.added(pod('a', 'x'));
    store.added(pod('b', ''));
    expect(store.get('n', 'a')?.node).toBe('x');
    expect(store.get('other', 'a')).toBeUndefined();
    expect(store.get(undefined, 'a')).toBeUndefined();
    expect(namesOn('x')).toEqual(['a']);
    expect(store.size).toBe(2);
  });

  it('moves an item to another index key, and takes it out at its deletion', () => {
    store.added(pod('a', 'x', '1'));
    store.modified(pod('a', 'y', '2'));
    expect([namesOn('x'), namesOn('y')]).toEqual([[], ['a']]);
    store.deleted(pod('a', 'z', '3'));
    expect(namesOn('y')).toEqual([]);
    expect(store.list()).toEqual([]);
    expect(store.resourceVersion).toBe('3');
    expect(told).toEqual(['added a', 'updated a x->y', 'removed a']);
  });

  it('tells of a replacement what has changed and no more', () => {
    store.replaced([pod('gone', 'x'), pod('same', 'x'), pod('changed', 'x'), pod('reborn', 'x')], '5');
    told.length = 0;
    const after = [
      pod('same', 'x'),
      pod('changed', 'y', '6'),
      pod('reborn', 'y', '7', 'uid-2'),
      pod('new', 'y'),
    ];
    store.replaced(after, '9');
    expect(told).toEqual([
      'removed gone',
      'updated changed x->y',
      'removed reborn',
      'added reborn',
      'added new',
    ]);
    expect(namesOn('y')).toEqual(['changed', 'reborn', 'new']);
    expect(store.resourceVersion).toBe('9');
    expect(store.get('n', 'gone')).toBeUndefined();
  });

  it('takes the deletion of what it does not know', () => {
    store.deleted(pod('a', 'x', '4'));
    expect(told).toEqual([]);
    expect(store.resourceVersion).toBe('4');
  });

  it('learns from a bookmark how far it is', () => {
    store.progressed('12');
    expect(store.resourceVersion).toBe('12');
  });

  it('keeps its state and tells the others when a listener throws, and then says so', () => {
    const broken = createStore<Pod, 'node'>({ indexes: { node: (item) => [item.node] } });
    broken.subscribe({
      added: () => {
        throw new Error('a bug');
      },
    });
    broken.subscribe({ added: (item) => told.push(`second ${item.metadata.name}`) });
    expect(() => broken.replaced([pod('a', 'x'), pod('b', 'x')], '5')).toThrow(AggregateError);
    expect(() => broken.added(pod('c', 'x'))).toThrow(AggregateError);
    expect(told).toEqual(['second a', 'second b', 'second c']);
    expect(broken.byIndex('node', 'x')).toHaveLength(3);
    expect(broken.resourceVersion).toBe('1');
    expect(() => broken.replaced(broken.list(), '5')).not.toThrow();
  });

  it('keeps its state when a key function throws', () => {
    const picky = createStore<Pod, 'node'>({
      indexes: {
        node: ({ node }) => {
          if (node === 'bad') throw new Error('a bug');
          return [node];
        },
      },
    });
    picky.replaced([pod('a', 'x')], '5');
    expect(() => picky.replaced([pod('b', 'y'), pod('c', 'bad')], '6')).toThrow('a bug');
    expect(() => picky.modified(pod('a', 'bad'))).toThrow('a bug');
    expect(picky.byIndex('node', 'x')).toEqual([pod('a', 'x')]);
    expect(picky.list()).toEqual([pod('a', 'x')]);
    expect(picky.resourceVersion).toBe('5');
  });

  it('tells nothing after the subscription has ended', () => {
    const seen: string[] = [];
    const end = store.subscribe({ added: ({ metadata }) => seen.push(metadata.name) });
    store.added(pod('a', 'x'));
    end();
    store.added(pod('b', 'x'));
    expect(seen).toEqual(['a']);
  });

  it('has an index that equals one made from its items, whatever happened to it', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const node = fc.constantFrom('', 'x', 'y');
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), name, node }),
      fc.record({ do: fc.constant('delete' as const), name }),
      fc.record({
        do: fc.constant('replace' as const),
        items: fc.uniqueArray(fc.tuple(name, node), { selector: ([n]) => n }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const subject = createStore<Pod, 'node'>({ indexes: { node: (item) => [item.node] } });
        const expected = new Map<string, string>();
        for (const [at, one] of steps.entries()) {
          if (one.do === 'put') {
            subject.modified(pod(one.name, one.node, String(at)));
            expected.set(one.name, one.node);
          } else if (one.do === 'delete') {
            subject.deleted(pod(one.name, 'any', String(at)));
            expected.delete(one.name);
          } else {
            subject.replaced(
              one.items.map(([n, on]) => pod(n, on, String(at))),
              String(at),
            );
            expected.clear();
            for (const [n, on] of one.items) expected.set(n, on);
          }
        }
        for (const key of ['', 'x', 'y']) {
          const found = subject.byIndex('node', key).map(({ metadata }) => metadata.name);
          expect(found.sort()).toEqual(
            [...expected]
              .filter(([, on]) => on === key)
              .map(([n]) => n)
              .sort(),
          );
        }
      }),
    );
  });
});
