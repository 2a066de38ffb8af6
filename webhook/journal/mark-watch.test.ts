import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualTime, type VirtualTime } from '../../test/simulation/virtual-time.ts';
import { createMarkWatch, type MarkWatch } from './mark-watch.ts';

const lifetime = 45_000;
let time: VirtualTime;
let watch: MarkWatch;
let asked: string[];
let answer: () => Promise<string | undefined>;

beforeEach(() => {
  time = createVirtualTime();
  asked = [];
  answer = async () => '70';
  watch = createMarkWatch({
    namespace: 'shop',
    clock: time,
    lifetimeMilliseconds: () => lifetime,
    async workflowRevision(namespace, workflow) {
      asked.push(`${namespace}/${workflow}`);
      return answer();
    },
  });
});

const follow = (...marks: readonly string[]): void =>
  watch.follow({
    compactedThrough: '1',
    reservations: [],
    recovering: false,
    workflows: { changing: marks.map((by) => ({ workflow: 'w', by })), through: '0' },
  });
const pass = async (milliseconds: number): Promise<void> => time.run(time.now() + milliseconds);

describe('a mark', () => {
  it('is asked about once its write can be stored no more', async () => {
    follow('edit');
    await pass(lifetime - 1);
    follow('edit');
    await watch.sweep();
    expect(asked).toEqual([]);
    await pass(1);
    await watch.sweep();
    await watch.sweep();
    expect(asked).toEqual(['shop/w']);
    expect([watch.isOutlived('edit'), watch.revisionAfter('edit')]).toEqual([true, '70']);
  });

  it('is outlived without a revision where the workflow is gone', async () => {
    answer = async () => undefined;
    follow('edit');
    await pass(lifetime);
    await watch.sweep();
    expect([watch.isOutlived('edit'), watch.revisionAfter('edit')]).toEqual([true, undefined]);
  });

  it('is not while the API server does not say so, and is asked about again after a second', async () => {
    answer = async () => Promise.reject(new Error('away'));
    follow('edit');
    await pass(lifetime);
    await watch.sweep();
    await watch.sweep();
    expect(watch.isOutlived('edit')).toBe(false);
    await pass(1_000);
    await watch.sweep();
    expect(asked.length).toBe(2);
  });

  it('is forgotten with the journal that had it, and timed anew in the next', async () => {
    follow('edit');
    await pass(lifetime);
    await watch.sweep();
    follow();
    follow('edit');
    expect(watch.isOutlived('edit')).toBe(false);
  });
});
