import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualTime, type VirtualTime } from '../../test/simulation/virtual-time.ts';
import { createActiveExecutionCache, type ActiveExecutionCache } from './active-execution-cache.ts';
import type { ObservedExecution } from './execution-view.ts';

let time: VirtualTime;
let cache: ActiveExecutionCache;
let seen: string[];

beforeEach(() => {
  time = createVirtualTime();
  seen = [];
  cache = createActiveExecutionCache(
    time,
    ({ uid, resourceVersion }) => void seen.push(`${uid}@${resourceVersion}`),
  );
});

function execution(
  name: string,
  revision: string,
  changes: Partial<ObservedExecution> = {},
): ObservedExecution {
  return { namespace: 'n', name, uid: `uid-${name}`, resourceVersion: revision, workflow: 'w', ...changes };
}

const active = (workflow = 'w', namespace = 'n'): string[] => [...cache.active(namespace, workflow).keys()];

describe('what is active', () => {
  it('is what was shown and not removed, by namespace and workflow', () => {
    cache.upserted(execution('a', '1'));
    cache.upserted(execution('b', '2', { workflow: 'v' }));
    cache.upserted(execution('a', '3', { namespace: 'm' }));
    cache.upserted(execution('c', '4'));
    cache.removed(execution('a', '5'));
    expect([active(), active('v'), active('w', 'm'), active('none')]).toEqual([['c'], ['b'], ['a'], []]);
    expect(cache.size).toBe(3);
    expect(cache.revision).toBe('5');
  });

  it('counts an execution once, however often it changes', () => {
    cache.upserted(execution('a', '1'));
    cache.upserted(execution('a', '2'));
    expect(cache.size).toBe(1);
  });

  it('is not changed by the removal of an earlier execution of that name', () => {
    cache.upserted(execution('a', '2', { uid: 'second' }));
    cache.removed(execution('a', '3', { uid: 'first' }));
    expect(active()).toEqual(['a']);
  });

  it('follows an execution whose workflow is only told later', () => {
    cache.upserted(execution('a', '1', { workflow: undefined }));
    cache.upserted(execution('a', '2'));
    expect([active(''), active(), cache.size]).toEqual([[], ['a'], 1]);
  });

  it('is what a complete list says, all at once, even when the list is older', () => {
    cache.upserted(execution('a', '50'));
    cache.replaced([execution('b', '20')], '30');
    expect([active(), cache.revision, cache.size, cache.generation]).toEqual([['b'], '30', 1, 1]);
  });

  it('takes no memory for namespaces that are empty', () => {
    cache.upserted(execution('a', '1'));
    cache.removed(execution('a', '2'));
    expect([active(), cache.size]).toEqual([[], 0]);
    cache.upserted(execution('a', '3'));
    expect(active()).toEqual(['a']);
  });
});

it('tells of every execution that it is shown, removed and listed ones too', () => {
  cache.replaced([execution('a', '1')], '5');
  cache.upserted(execution('b', '6'));
  cache.removed(execution('b', '7'));
  expect(seen).toEqual(['uid-a@1', 'uid-b@6', 'uid-b@7']);
});

describe('waiting for a revision', () => {
  it.each([
    ['an event', () => cache.upserted(execution('a', '10'))],
    ['a removal', () => cache.removed(execution('a', '10'))],
    ['a bookmark', () => cache.progressed('10')],
    ['a list', () => cache.replaced([], '12')],
  ])('ends with %s at or past it', async (_what, happens) => {
    const reached = cache.reached('10', 300);
    time.setTimer(50, happens);
    await time.run(100);
    expect(await reached).toBe(true);
  });

  it('ends at once when it was reached before', async () => {
    cache.progressed('10');
    expect(await cache.reached('9', 300)).toBe(true);
  });

  it('gives up in time, and is not fooled by an earlier revision', async () => {
    const reached = cache.reached('10', 300);
    time.setTimer(50, () => cache.progressed('9'));
    await time.run(300);
    expect(await reached).toBe(false);
  });
});
