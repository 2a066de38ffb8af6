import { describe, expect, it } from 'vitest';
import type { Reservation } from './journal.ts';
import { planBatch } from './plan-batch.ts';
import type { SlotRequest } from './slot-request.ts';

function create(name: string, step: string | undefined, changes: Partial<SlotRequest> = {}): SlotRequest {
  return {
    name,
    uid: `uid-of-${name}`,
    workflow: 'w',
    dryRun: false,
    apply: false,
    enforce: true,
    deadline: 0,
    ...(step === undefined ? {} : { step: { key: step, listedAt: '100' } }),
    ...changes,
  };
}

/** Nobody has listed what is active. */
function unlisted(key: string): Partial<SlotRequest> {
  return { step: { key, listedAt: undefined } };
}

function reserved(name: string, steps: readonly string[] | undefined, workflow = 'w'): Reservation {
  return { name, workflow, uids: [`uid-${name}`], reservedAt: 'then', steps };
}

interface Story {
  readonly story: string;
  readonly reservations?: readonly Reservation[];
  /** Seen at this resourceVersion. */
  readonly seen?: Readonly<Record<string, string>>;
  readonly active?: readonly string[];
  readonly requests: readonly SlotRequest[];
  readonly answers: readonly string[];
  /** `name[steps]` */
  readonly written?: readonly string[];
  readonly compactedThrough?: string;
  readonly limit?: number;
}

const stories: readonly Story[] = [
  {
    story: 'a step that nobody does is given, and written down',
    requests: [create('a', '1')],
    answers: ['admitted'],
    written: ['a[1]'],
  },
  {
    story: 'a step that was given a moment ago is taken',
    reservations: [reserved('a', ['1'])],
    requests: [create('b', '1'), create('c', '2')],
    answers: ['stepTaken by a', 'admitted'],
    written: ['a[1]', 'c[2]'],
  },
  {
    story: 'of two creates of a step in one batch one gets it',
    requests: [create('a', '1'), create('b', '1')],
    answers: ['admitted', 'stepTaken by a'],
    written: ['a[1]'],
  },
  {
    story: 'a dry run takes no step, and is told of those that are taken',
    requests: [create('a', '1', { dryRun: true }), create('b', '1'), create('c', '1', { dryRun: true })],
    answers: ['admitted', 'admitted', 'stepTaken by b'],
    written: ['b[1]'],
  },
  {
    story: 'the same step of another workflow is another step',
    reservations: [reserved('a', ['1'], 'other')],
    requests: [create('b', '1')],
    answers: ['admitted'],
    written: ['a[1]', 'b[1]'],
  },
  {
    story: 'a list from before what the journal relies on proves nothing',
    compactedThrough: '101',
    requests: [create('a', '1')],
    answers: ['listOutdated'],
  },
  {
    story: 'a list at that very revision does',
    compactedThrough: '100',
    requests: [create('a', '1')],
    answers: ['admitted'],
    written: ['a[1]'],
  },
  {
    story: 'an execution that this batch drops must be in the list: one from before it proves nothing',
    reservations: [reserved('a', ['1'])],
    seen: { 'uid-a': '101' },
    requests: [create('b', '1')],
    answers: ['listOutdated'],
  },
  {
    story: 'an execution that this batch drops was in the list, which says that the step is free',
    reservations: [reserved('a', ['1'])],
    seen: { 'uid-a': '99' },
    requests: [create('b', '1')],
    answers: ['admitted'],
    written: ['b[1]'],
  },
  {
    story: 'nothing need be listed where no other execution is active',
    active: ['a'],
    reservations: [reserved('b', ['2'])],
    compactedThrough: '101',
    requests: [create('a', '1', unlisted('1')), create('c', '2', unlisted('2'))],
    answers: ['admitted', 'listOutdated'],
    written: ['b[2]', 'a[1]'],
  },
  {
    story: 'a step that was given a moment ago is taken, listed or not',
    reservations: [reserved('a', ['1'])],
    requests: [create('b', '1', unlisted('1'))],
    answers: ['stepTaken by a'],
  },
  {
    story: 'another that is active is a reason to list',
    active: ['a', 'b'],
    requests: [create('a', '1', unlisted('1')), create('c', '1')],
    answers: ['listOutdated', 'admitted'],
    written: ['c[1]'],
  },
  {
    story: 'what was admitted without approval may do any step, until it is listed',
    reservations: [reserved('a', undefined)],
    requests: [create('b', '1')],
    answers: ['listOutdated'],
  },
  {
    story: 'a create that needs no approval is not concerned',
    reservations: [reserved('a', ['1'])],
    requests: [create('b', undefined)],
    answers: ['admitted'],
    written: ['a[1]', 'b[any]'],
  },
  {
    story: 'creates that share a name hold the steps of both, for either may be the one that lasts',
    reservations: [reserved('a', ['1'])],
    requests: [create('a', '2'), create('b', '1'), create('c', '2'), create('a', '2', { uid: 'third' })],
    answers: ['admitted', 'stepTaken by a', 'stepTaken by a', 'admitted'],
    written: ['a[1 2]'],
  },
  {
    story: 'a create without a step that shares a name makes it unknown what the name does',
    reservations: [reserved('a', ['1'])],
    requests: [create('a', undefined), create('b', '2')],
    answers: ['admitted', 'listOutdated'],
    written: ['a[any]'],
  },
  {
    story: 'a create that is written down already keeps its step, whatever its list',
    reservations: [{ ...reserved('a', ['1']), uids: ['uid-of-a'] }],
    compactedThrough: '200',
    requests: [create('a', '1')],
    answers: ['admitted'],
  },
  {
    story: 'a step that is free needs a slot all the same',
    reservations: [reserved('a', ['1'])],
    limit: 1,
    requests: [create('b', '2')],
    answers: ['limitReached'],
  },
];

describe('steps of approved workflows, in a batch', () => {
  it.each(stories)('$story', ({ reservations = [], seen = {}, requests, answers, written, ...story }) => {
    const { decisions, write } = planBatch({
      namespace: 'n',
      view: { revision: '300', active: () => new Set(story.active) },
      journal: { compactedThrough: story.compactedThrough ?? '10', reservations, recovering: false },
      uids: { seenAt: (uid) => seen[uid], isFree: () => false },
      limit: story.limit ?? 5,
      reservedAt: 'now',
      requests,
    });
    const outcomes = decisions.map(({ outcome }) =>
      outcome.kind === 'stepTaken' ? `stepTaken by ${outcome.holder}` : outcome.kind,
    );
    expect(outcomes).toEqual(answers);
    expect(write?.reservations.map(({ name, steps }) => `${name}[${steps?.join(' ') ?? 'any'}]`)).toEqual(
      written,
    );
  });
});
