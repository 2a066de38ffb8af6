import { expect, it } from 'vitest';
import { createInitialList } from './initial-list.ts';
import type { KubeObject } from './kube-object.ts';

const thing = (name: string, resourceVersion: string, namespace = 'n'): KubeObject => ({
  metadata: { name, namespace, uid: `uid-${name}`, resourceVersion },
});

it('is what remains of the events that came while it was made', () => {
  const list = createInitialList<KubeObject>((item) => item);
  list.take({ type: 'ADDED', object: thing('a', '1') });
  list.take({ type: 'ADDED', object: thing('a', '2', 'other') });
  list.take({ type: 'ADDED', object: thing('b', '3') });
  list.take({ type: 'MODIFIED', object: thing('a', '4') });
  list.take({ type: 'DELETED', object: thing('b', '5') });
  list.take({ type: 'BOOKMARK', object: thing('', '6') });
  expect(list.items()).toEqual([thing('a', '4'), thing('a', '2', 'other')]);
});

it('holds what the transform leaves of each object', () => {
  const list = createInitialList<KubeObject>(({ metadata }) => ({ metadata: { ...metadata, uid: '' } }));
  list.take({ type: 'ADDED', object: thing('a', '1') });
  expect(list.items()[0]?.metadata.uid).toBe('');
});
