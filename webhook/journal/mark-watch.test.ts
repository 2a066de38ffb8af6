import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualTime, type VirtualTime } from '../../test/simulation/virtual-time.ts';
import { createMarkWatch, marksWorthAWrite, type MarkWatch } from './mark-watch.ts';

const lifetime = 45_000;
let time: VirtualTime;
let watch: MarkWatch;
let asked: string[];
let many: number;
let answer: () => Promise<string | undefined>;
let shown: Map<string, string>;

beforeEach(() => {
  time = createVirtualTime();
  asked = [];
  many = 0;
  answer = async () => '70';
  shown = new Map();
  watch = createMarkWatch({
    namespace: 'shop',
    clock: time,
    lifetimeMilliseconds: () => lifetime,
    onManyOutlived: () => void (many += 1),
    shownRevision: (_namespace, _workflow, uid) => shown.get(uid),
    async workflowRevision(namespace, workflow) {
      asked.push(`${namespace}/${workflow}`);
      return answer();
    },
  });
});

const follow = (...marks: readonly string[]): void =>
  watch.follow({
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

  it('of a create is outlived, without being asked about, as soon as the watch shows what was created', () => {
    follow('created', 'another');
    expect(watch.isOutlived('created')).toBe(false);
    shown.set('created', '64');
    expect([watch.isOutlived('created'), watch.revisionAfter('created')]).toEqual([true, '64']);
    expect(watch.isOutlived('another')).toBe(false);
    expect(asked).toEqual([]);
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
    expect([watch.isOutlived('edit'), asked.length]).toEqual([false, 1]);
    answer = async () => '70';
    await pass(999);
    expect(asked.length).toBe(1);
    await pass(1);
    expect([watch.isOutlived('edit'), asked.length]).toEqual([true, 2]);
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

describe('many marks', () => {
  const edits = (count: number): string[] => Array.from({ length: count }, (_, index) => `edit-${index}`);

  it('are all asked about when the last becomes old, though nobody sweeps, eight at a time', async () => {
    let under = 0;
    let most = 0;
    answer = async () => {
      most = Math.max(most, (under += 1));
      await time.sleep(5);
      under -= 1;
      return '70';
    };
    const all = edits(50);
    follow(...all.slice(0, 49));
    await pass(100);
    follow(...all);
    await pass(lifetime - 1);
    expect(asked.length).toBe(49);
    await pass(1_000);
    expect([asked.length, most]).toEqual([50, 8]);
    expect(all.every((edit) => watch.isOutlived(edit))).toBe(true);
    expect(many).toBe(0);
  });

  it('are left alone for a second by who is not answered', async () => {
    answer = async () => Promise.reject(new Error('away'));
    follow(...edits(50));
    await pass(lifetime);
    expect(asked.length).toBeLessThanOrEqual(8);
    answer = async () => '70';
    await pass(1_000);
    expect(edits(50).every((edit) => watch.isOutlived(edit))).toBe(true);
  });

  it('are worth a write of their own, which is asked for until it is made', async () => {
    const all = edits(marksWorthAWrite);
    follow(...all);
    await pass(lifetime);
    expect(many).toBe(1);
    await pass(5_000);
    expect(many).toBe(2);
    follow();
    await pass(60_000);
    expect(many).toBe(2);
  });
});
