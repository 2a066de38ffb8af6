import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarkedMetadata } from './identity-patch.ts';
import { completeIdentity, restoreIdentity } from './identity-patch.ts';
import type { PatchOperation } from './verdict.ts';

/** Applies the `add` operations of a JSON patch to metadata, as RFC 6902 says. */
function patched(metadata: MarkedMetadata, operations: readonly PatchOperation[]): MarkedMetadata {
  const root = { metadata: structuredClone(metadata) } as Record<string, unknown>;
  for (const operation of operations) {
    if (operation.op !== 'add') throw new Error(`unexpected ${operation.op}`);
    const tokens = operation.path.split('/').slice(1);
    const keys = tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
    const parent = keys.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], root);
    (parent as Record<string, unknown>)[keys.at(-1) ?? ''] = operation.value;
  }
  return root['metadata'] as MarkedMetadata;
}

describe('completeIdentity', () => {
  it('adds the label to labels that are there', () => {
    expect(completeIdentity('w', { labels: { a: 'b' } })).toEqual([
      { op: 'add', path: '/metadata/labels/workflow', value: 'w' },
    ]);
  });

  it.each([undefined, null])('makes the labels where they are %s', (labels) => {
    expect(completeIdentity('w', { labels })).toEqual([
      { op: 'add', path: '/metadata/labels', value: { workflow: 'w' } },
    ]);
  });

  it('fills an empty label in, and leaves a set one alone', () => {
    expect(completeIdentity('w', { labels: { workflow: '' } })).toHaveLength(1);
    expect(completeIdentity('w', { labels: { workflow: 'v' } })).toEqual([]);
  });

  it('uses the annotation from the 64th character on', () => {
    expect(completeIdentity('w'.repeat(63), {})[0]).toMatchObject({ path: '/metadata/labels' });
    expect(completeIdentity('w'.repeat(64), { annotations: {} })).toEqual([
      { op: 'add', path: '/metadata/annotations/kubernaut.io~1workflow', value: 'w'.repeat(64) },
    ]);
  });
});

describe('restoreIdentity', () => {
  it('puts back what an update dropped', () => {
    const before = { labels: { workflow: 'w', a: 'b' }, annotations: { 'kubernaut.io/workflow': 'w' } };
    expect(restoreIdentity(before, { annotations: { c: 'd' } })).toEqual([
      { op: 'add', path: '/metadata/labels', value: { workflow: 'w' } },
      { op: 'add', path: '/metadata/annotations/kubernaut.io~1workflow', value: 'w' },
    ]);
  });

  it('leaves a changed value for the policy to refuse', () => {
    expect(restoreIdentity({ labels: { workflow: 'w' } }, { labels: { workflow: 'v' } })).toEqual([]);
  });
});

describe('both, on any metadata', () => {
  const map = fc.option(
    fc.dictionary(
      fc.constantFrom('workflow', 'kubernaut.io/workflow', 'a/b~c', 'x'),
      fc.constantFrom('', 'w', 'v'),
    ),
    { nil: undefined },
  );
  const metadata = fc.record({ labels: map, annotations: map });
  const name = fc.constantFrom('w', 'w'.repeat(63), 'w'.repeat(64), 'w'.repeat(253));

  it('complete to metadata that names the workflow, keep all else, and have nothing more to do', () => {
    fc.assert(
      fc.property(name, metadata, (workflow, before) => {
        const after = patched(before, completeIdentity(workflow, before));
        const mark =
          workflow.length <= 63 ? after.labels?.['workflow'] : after.annotations?.['kubernaut.io/workflow'];
        expect(mark ?? '').not.toBe('');
        expect(after.labels ?? {}).toMatchObject(withoutEmpty(before.labels));
        expect(after.annotations ?? {}).toMatchObject(withoutEmpty(before.annotations));
        expect(completeIdentity(workflow, after)).toEqual([]);
      }),
    );
  });

  it('restore to metadata in which nothing that was set is missing', () => {
    fc.assert(
      fc.property(metadata, metadata, (before, now) => {
        const after = patched(now, restoreIdentity(before, now));
        expect(marks(after)).toEqual(expect.arrayContaining([...marks(before)]));
        expect(restoreIdentity(before, after)).toEqual([]);
      }),
    );
  });
});

/** Which of the two marks are set. */
function marks({ labels, annotations }: MarkedMetadata): readonly string[] {
  return [
    ...((labels?.['workflow'] ?? '') === '' ? [] : ['label']),
    ...((annotations?.['kubernaut.io/workflow'] ?? '') === '' ? [] : ['annotation']),
  ];
}

function withoutEmpty(map: Readonly<Record<string, string>> | undefined | null) {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([, value]) => value !== ''));
}
