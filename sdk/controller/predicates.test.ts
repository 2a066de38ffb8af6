import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import {
  allOf,
  annotationsChanged,
  anyOf,
  changed,
  deletionChanged,
  generationChanged,
  labelsChanged,
  metadataChanged,
  not,
  type Predicate,
} from './predicates.ts';

interface Thing extends KubeObject {
  readonly status?: { readonly phase: string };
}

const thing = (rest: object = {}, status?: { phase: string }): Thing => ({
  metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1', generation: 1, ...rest },
  ...(status === undefined ? {} : { status }),
});

const phaseChanged = changed<Thing>(({ status }) => status?.phase);
const all: readonly [string, Predicate<Thing>][] = [
  ['generationChanged', generationChanged],
  ['labelsChanged', labelsChanged],
  ['annotationsChanged', annotationsChanged],
  ['deletionChanged', deletionChanged],
  ['metadataChanged', metadataChanged],
  ['phaseChanged', phaseChanged],
];

/** Which of them say that a change concerns somebody. */
const concernedBy = (before: Thing | undefined, after: Thing | undefined): string[] =>
  all.filter(([, predicate]) => predicate({ before, after })).map(([name]) => name);

const names = all.map(([name]) => name);

describe('a predicate', () => {
  it('lets new objects, removed ones and other ones under the same name through', () => {
    expect(concernedBy(undefined, thing())).toEqual(names);
    expect(concernedBy(thing(), undefined)).toEqual(names);
    expect(concernedBy(thing(), thing({ uid: 'another' }))).toEqual(names);
  });

  it('lets nothing through where only the resourceVersion differs', () => {
    expect(concernedBy(thing(), thing({ resourceVersion: '2' }))).toEqual([]);
  });

  it.each<[string, object, string[]]>([
    ['the generation', { generation: 2 }, ['generationChanged']],
    ['labels', { labels: { a: '1' } }, ['labelsChanged', 'metadataChanged']],
    ['annotations', { annotations: { a: '1' } }, ['annotationsChanged', 'metadataChanged']],
    ['deletion', { deletionTimestamp: 'now' }, ['deletionChanged', 'metadataChanged']],
    ['finalizers', { finalizers: ['a'] }, ['deletionChanged', 'metadataChanged']],
  ])('looks at %s', (_, after, concerned) => {
    expect(concernedBy(thing(), thing(after))).toEqual(concerned);
    expect(concernedBy(thing(after), thing())).toEqual(concerned);
  });

  it('may look at any part', () => {
    expect(concernedBy(thing(), thing({}, { phase: 'running' }))).toEqual(['phaseChanged']);
  });

  it('does not mind the order of labels', () => {
    const [one, other] = [thing({ labels: { a: '1', b: '2' } }), thing({ labels: { b: '2', a: '1' } })];
    expect(concernedBy(one, other)).toEqual([]);
  });
});

it('predicates can be put together', () => {
  const change = { before: thing(), after: thing({ generation: 2 }) };
  expect(anyOf(labelsChanged, generationChanged)(change)).toBe(true);
  expect(allOf(labelsChanged, generationChanged)(change)).toBe(false);
  expect(allOf(not(labelsChanged), generationChanged)(change)).toBe(true);
  expect(not(generationChanged)(change)).toBe(false);
});
