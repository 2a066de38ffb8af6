import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExecutionView } from './execution-view.ts';
import type { JournalContent, Reservation } from './journal.ts';
import { planBatch, type BatchFacts } from './plan-batch.ts';
import type { SlotRequest } from './slot-request.ts';

const namespace = 'n';

function viewOf(active: readonly string[], revision = '100'): ExecutionView {
  return { revision, active: (_namespace, workflow) => new Set(workflow === 'w' ? active : []) };
}

function reserved(name: string, ...uids: string[]): Reservation {
  return { name, workflow: 'w', uids, reservedAt: 'then' };
}

function create(name: string, changes: Partial<SlotRequest> = {}): SlotRequest {
  const uid = `uid-of-${name}`;
  return { name, uid, workflow: 'w', dryRun: false, apply: false, enforce: true, deadline: 0, ...changes };
}

interface Story {
  readonly active?: readonly string[];
  readonly reservations?: readonly Reservation[];
  /** Uid to the resourceVersion at which it was seen. */
  readonly seen?: Readonly<Record<string, string>>;
  readonly free?: readonly string[];
  readonly limit?: number;
  readonly requests: readonly SlotRequest[];
}

function factsOf(story: Story): BatchFacts<SlotRequest> {
  return {
    namespace,
    view: viewOf(story.active ?? []),
    journal: { compactedThrough: '10', reservations: story.reservations ?? [], recovering: false },
    uids: { seenAt: (uid) => story.seen?.[uid], isFree: (uid) => story.free?.includes(uid) === true },
    limit: story.limit ?? 2,
    reservedAt: 'now',
    requests: story.requests,
  };
}

const stories: readonly (Story & {
  story: string;
  answers: readonly string[];
  written?: readonly string[];
})[] = [
  {
    story: 'a free slot is given and written down',
    active: ['a'],
    requests: [create('b')],
    answers: ['admitted 2/2'],
    written: ['b[uid-of-b]'],
  },
  {
    story: 'active and reserved names are counted together, a name that is both once',
    active: ['a'],
    reservations: [reserved('a', 'uid-a'), reserved('b', 'uid-b')],
    limit: 3,
    requests: [create('c'), create('d')],
    answers: ['admitted 3/3', 'limitReached a b c'],
    written: ['a[uid-a]', 'b[uid-b]', 'c[uid-of-c]'],
  },
  {
    story: 'a reservation that was seen is dropped, and what it held is free when it is not active',
    reservations: [reserved('a', 'uid-a'), reserved('b', 'uid-b')],
    seen: { 'uid-a': '50' },
    requests: [create('c')],
    answers: ['admitted 2/2'],
    written: ['b[uid-b]', 'c[uid-of-c]'],
  },
  {
    story: 'a denial writes nothing, though there is something to drop',
    active: ['a', 'b'],
    reservations: [reserved('b', 'uid-b')],
    seen: { 'uid-b': '50' },
    requests: [create('c')],
    answers: ['limitReached a b'],
  },
  {
    story: 'a create that shares the slot of its name is written down beside the first',
    reservations: [reserved('a', 'uid-1')],
    limit: 1,
    requests: [create('a', { uid: 'uid-2' })],
    answers: ['admitted 1/1'],
    written: ['a[uid-1 uid-2]'],
  },
  {
    story: 'sharing an active name is written down too',
    active: ['a'],
    limit: 1,
    requests: [create('a', { uid: 'uid-2', apply: true })],
    answers: ['admitted 1/1'],
    written: ['a[uid-2]'],
  },
  {
    story: 'sharing beyond a limit that was lowered is refused',
    active: ['a', 'b'],
    limit: 1,
    requests: [create('a', { uid: 'uid-2', apply: true })],
    answers: ['limitReached a b'],
  },
  {
    story: 'a create that is asked about again is admitted without a write, whatever the limit is now',
    active: ['b', 'c'],
    reservations: [reserved('a', 'uid-of-a')],
    limit: 1,
    requests: [create('a')],
    answers: ['admitted 3/1 over'],
  },
  {
    story: 'a dry run is told what would be, and takes no slot',
    active: ['a'],
    requests: [create('b', { dryRun: true }), create('c', { dryRun: true }), create('d')],
    answers: ['admitted 2/2', 'admitted 2/2', 'admitted 2/2'],
    written: ['d[uid-of-d]'],
  },
  {
    story: 'a dry run beyond the limit is denied',
    active: ['a', 'b'],
    requests: [create('c', { dryRun: true })],
    answers: ['limitReached a b'],
  },
  {
    story: 'where nothing is enforced, a create over the limit is admitted and written down',
    active: ['a', 'b'],
    requests: [create('c', { enforce: false })],
    answers: ['admitted 3/2 over'],
    written: ['c[uid-of-c]'],
  },
  {
    story: 'a name under two workflows is two slots',
    reservations: [{ ...reserved('a', 'uid-1'), workflow: 'other' }],
    limit: 1,
    requests: [create('a')],
    answers: ['admitted 1/1'],
    written: ['a[uid-1]', 'a[uid-of-a]'],
  },
  {
    story: 'only ten holders are told, active ones first',
    active: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
    reservations: [reserved('j', '1'), reserved('k', '2')],
    limit: 11,
    requests: [create('l')],
    answers: ['limitReached a b c d e f g h i j'],
  },
  {
    story: 'only ten active holders are told',
    active: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'],
    limit: 11,
    requests: [create('l')],
    answers: ['limitReached a b c d e f g h i j'],
  },
];

describe('planBatch', () => {
  it.each(stories)('$story', (story) => {
    const plan = planBatch(factsOf(story));
    const answers = plan.decisions.map(({ outcome }) => {
      if (outcome.kind === 'admitted')
        return `admitted ${outcome.used}/${outcome.limit}${outcome.overLimit ? ' over' : ''}`;
      return outcome.kind === 'limitReached'
        ? `limitReached ${outcome.holders.map(({ name }) => name).join(' ')}`
        : outcome.kind;
    });
    expect(answers).toEqual(story.answers);
    expect(plan.write?.reservations.map(({ name, uids }) => `${name}[${uids.join(' ')}]`)).toEqual(
      story.written,
    );
  });

  it('raises compactedThrough to where the dropped uid was seen', () => {
    const plan = planBatch(
      factsOf({ reservations: [reserved('a', 'uid-a')], seen: { 'uid-a': '50' }, requests: [create('b')] }),
    );
    expect(plan.write?.compactedThrough).toBe('50');
  });

  it('lets a denial stand by itself only while its workflow is untouched by the batch', () => {
    const [untouched, , touched] = planBatch(
      factsOf({
        active: ['a'],
        limit: 2,
        requests: [create('x', { workflow: 'full', dryRun: false, uid: 'x' }), create('b'), create('c')],
      }),
    ).decisions;
    expect(untouched?.standing).toBe(false);
    expect(touched).toMatchObject({ outcome: { kind: 'limitReached' }, standing: false });
    const [alone] = planBatch(factsOf({ active: ['a', 'b'], requests: [create('c')] })).decisions;
    expect(alone).toMatchObject({ outcome: { kind: 'limitReached' }, standing: true });
  });
});

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const requestsArbitrary = fc.array(
  fc.record({
    name: names,
    uid: fc.integer({ min: 0, max: 30 }).map((number) => `uid-${number}`),
    workflow: fc.constant('w'),
    dryRun: fc.boolean(),
    apply: fc.boolean(),
    enforce: fc.constant(true),
    deadline: fc.constant(0),
  }),
  { minLength: 1, maxLength: 8 },
);
const journalArbitrary: fc.Arbitrary<JournalContent> = fc
  .uniqueArray(names, { maxLength: 4 })
  .chain((reservedNames) =>
    fc.record({
      compactedThrough: fc.constant('10'),
      recovering: fc.constant(false),
      reservations: fc.tuple(
        ...reservedNames.map((name) =>
          fc
            .uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 3 })
            .map((uids) => reserved(name, ...uids.map((uid) => `uid-${uid}`))),
        ),
      ),
    }),
  );
const factsArbitrary: fc.Arbitrary<BatchFacts<SlotRequest>> = fc
  .record({
    active: fc.uniqueArray(names),
    journal: journalArbitrary,
    seen: fc.dictionary(
      fc.integer({ min: 0, max: 30 }).map((uid) => `uid-${uid}`),
      fc.integer({ min: 11, max: 200 }).map(String),
    ),
    limit: fc.integer({ min: 0, max: 7 }),
    requests: requestsArbitrary,
  })
  .map(({ active, journal, seen, limit, requests }) => ({
    namespace,
    view: viewOf(active),
    journal,
    uids: { seenAt: (uid: string) => seen[uid], isFree: () => false },
    limit,
    reservedAt: 'now',
    requests,
  }));

/** The names that hold a slot for somebody who has the written journal and the same view. */
function usedAfter(facts: BatchFacts<SlotRequest>): Set<string> {
  const after = planBatch(facts).write;
  return new Set([
    ...facts.view.active(namespace, 'w').keys(),
    ...(after?.reservations ?? []).map(({ name }) => name),
  ]);
}

describe('planBatch, whatever the facts', () => {
  it('never writes a journal by which more slots are used than the limit, or than were used before', () => {
    fc.assert(
      fc.property(factsArbitrary, (facts) => {
        const before = usedAfter({
          ...facts,
          limit: 100,
          requests: [create('probe', { workflow: 'other' })],
        });
        before.delete('probe');
        expect(usedAfter(facts).size).toBeLessThanOrEqual(Math.max(facts.limit, before.size));
      }),
      { numRuns: 1_000 },
    );
  });

  it('makes no denial an admission when the limit falls', () => {
    const single = factsArbitrary.map((facts) => ({ ...facts, requests: facts.requests.slice(0, 1) }));
    fc.assert(
      fc.property(single, (facts) => {
        const [high] = planBatch(facts).decisions;
        const [low] = planBatch({ ...facts, limit: facts.limit - 1 }).decisions;
        expect([high?.outcome.kind, low?.outcome.kind]).not.toEqual(['limitReached', 'admitted']);
      }),
      { numRuns: 1_000 },
    );
  });

  it('admits no fewer of a batch when the limit rises', () => {
    const admitted = (facts: BatchFacts<SlotRequest>): number =>
      planBatch(facts).decisions.filter(({ outcome }) => outcome.kind === 'admitted').length;
    fc.assert(
      fc.property(factsArbitrary, (facts) => {
        expect(admitted({ ...facts, limit: facts.limit + 1 })).toBeGreaterThanOrEqual(admitted(facts));
      }),
      { numRuns: 1_000 },
    );
  });

  it('writes nothing for dry runs', () => {
    fc.assert(
      fc.property(factsArbitrary, (facts) => {
        const requests = facts.requests.map((request) => ({ ...request, dryRun: true }));
        expect(planBatch({ ...facts, requests }).write).toBeUndefined();
      }),
    );
  });

  it('admits a uid that is written down, without a write', () => {
    fc.assert(
      fc.property(factsArbitrary, (facts) => {
        const uids = { seenAt: () => undefined, isFree: () => false };
        const requests = facts.journal.reservations.flatMap(({ name, uids: [uid = ''] }) => [
          create(name, { uid }),
        ]);
        const plan = planBatch({ ...facts, uids, limit: 0, requests });
        expect(plan.write).toBeUndefined();
        expect(plan.decisions.every(({ outcome, standing }) => outcome.kind === 'admitted' && standing)).toBe(
          true,
        );
      }),
    );
  });

  it('writes down every create that it admits', () => {
    fc.assert(
      fc.property(factsArbitrary, (facts) => {
        const { decisions, write } = planBatch(facts);
        for (const { request, outcome } of decisions) {
          if (outcome.kind !== 'admitted' || request.dryRun) continue;
          const journal = write ?? facts.journal;
          const entry = journal.reservations.find(({ name }) => name === request.name);
          expect(entry?.uids).toContain(request.uid);
        }
      }),
    );
  });
});
