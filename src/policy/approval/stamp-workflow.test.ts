import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approvalStamps, type ApprovalAnnotation } from '../../api/approval-annotations.ts';
import {
  annotationsOf,
  hashOf,
  makeApprovable,
  type ApprovalNotes,
} from '../../../test/builders/approvable-builder.ts';
import { authorsText, withAuthor } from './authors.ts';
import { stampWorkflow, type StampFacts, type Stamping } from './stamp-workflow.ts';
import { authorsOf } from './workflow-approval.ts';

const now = '2026-05-04T03:02:01.000Z';
const reason = '12 steps are more than the 10 that need no approval';

/** What stepgate has stamped on a new workflow of twelve steps. */
const waiting = {
  required: 'true',
  reason,
  stepCount: '12',
  threshold: '10',
  createdBy: 'dev',
  authors: '["dev"]',
  installation: 'here',
} satisfies ApprovalNotes;
/** The same after the user `ann` has changed the spec. */
const editedByAnn = { ...waiting, editedBy: 'ann', authors: '["dev","ann"]' } satisfies ApprovalNotes;
/** The same after what was approved by `ann` has been changed by her. */
const editedAfterApproval = { ...editedByAnn, authors: '["ann"]' } satisfies ApprovalNotes;
/** What needs no approval. */
const small = {
  stepCount: '10',
  threshold: '10',
  createdBy: 'dev',
  authors: '["dev"]',
  installation: 'here',
} satisfies ApprovalNotes;
const approved = {
  ...waiting,
  approved: 'true',
  approvedBy: 'ann',
  approvedAt: '2026-05-04T01:00:00.000Z',
  approvedSpec: hashOf('a'),
} satisfies ApprovalNotes;
const rejected = { ...approved, approved: 'false' } satisfies ApprovalNotes;

interface Story {
  readonly story: string;
  /** Absent: the workflow is created. */
  readonly before?: ApprovalNotes | undefined;
  readonly after: ApprovalNotes;
  readonly facts?: Partial<StampFacts>;
  /** Of the workflow as it is written. */
  readonly changes?: Parameters<typeof makeApprovable>[1];
}

function stamp({ before, after, facts, changes }: Omit<Story, 'story'>) {
  return stampWorkflow({
    before: before && makeApprovable(before),
    after: makeApprovable(after, changes),
    user: 'ann',
    now,
    isOfThisRequest: (time) => time === now,
    threshold: 10,
    groups: [],
    requireDifferentApprover: false,
    serviceAccountsMayApprove: false,
    approveByHashOnly: false,
    installation: 'here',
    ...facts,
  });
}

function stamped(story: Omit<Story, 'story'>): Stamping {
  const stamping = stamp(story);
  if ('decision' in stamping) throw new Error(stamping.message);
  return stamping;
}

describe('stamps', () => {
  const byDev = { facts: { user: 'dev' } };
  const edited = { changes: { specHash: hashOf('b') } };
  it.each<
    Story & {
      readonly stamps: ApprovalNotes;
      readonly says?: string;
      readonly happened?: string;
      readonly right?: boolean;
    }
  >([
    {
      story: 'a new workflow: who, how many, and that a person is needed',
      after: {},
      ...byDev,
      stamps: waiting,
      happened: 'required',
    },
    {
      story: 'a new workflow of ten steps: that nobody is needed',
      after: {},
      facts: { user: 'dev' },
      changes: { stepCount: 10 },
      stamps: small,
    },
    {
      story: 'a new workflow that brings an approval: without it, and says so',
      after: approved,
      ...byDev,
      stamps: waiting,
      says: 'not taken over from a create',
      happened: 'required',
    },
    {
      story: 'a new workflow that brings stamps of others: with ours',
      after: { createdBy: 'x', stepCount: '1', threshold: '99', request: 'r' },
      ...byDev,
      stamps: waiting,
      says: 'approval-request is not taken over from a create',
      happened: 'required',
    },
    {
      story: 'a new workflow on a decision from before it: whoever made that has approved it',
      after: { request: 'r' },
      facts: { user: 'dev', claim: { request: 'r', decidedBy: 'ann', decidedAt: approved.approvedAt } },
      stamps: { ...approved, approved: hashOf('a'), request: 'r' },
      happened: 'approved',
    },
    {
      story: 'the same once more: the same',
      after: { ...approved, approved: hashOf('a'), request: 'r' },
      facts: { user: 'dev', claim: { request: 'r', decidedBy: 'ann', decidedAt: approved.approvedAt } },
      stamps: { ...approved, approved: hashOf('a'), request: 'r' },
      happened: 'approved',
    },
    {
      story: 'a write that drops the reference to the decision: with it',
      before: { ...approved, request: 'r' },
      after: approved,
      stamps: { ...approved, request: 'r' },
    },
    {
      story: 'an edit of what was approved by reference: without both',
      before: { ...approved, request: 'r' },
      after: { ...approved, request: 'r' },
      ...edited,
      stamps: editedAfterApproval,
      says: 'void',
      happened: 'voided',
    },
    {
      story: 'an approval: who, when, what',
      before: waiting,
      after: { ...waiting, approved: 'true' },
      stamps: { ...approved, approvedAt: now },
      happened: 'approved',
      right: true,
    },
    {
      story: 'an approval by hash',
      before: waiting,
      after: { ...waiting, approved: hashOf('a') },
      stamps: { ...approved, approved: hashOf('a'), approvedAt: now },
      happened: 'approved',
      right: true,
    },
    {
      story: 'an approval of what needs none, and says so',
      before: small,
      after: { ...small, approved: 'true' },
      changes: { stepCount: 10 },
      stamps: {
        stepCount: '10',
        threshold: '10',
        createdBy: 'dev',
        authors: '["dev"]',
        installation: 'here',
        approved: 'true',
        approvedBy: 'ann',
        approvedAt: now,
        approvedSpec: hashOf('a'),
      },
      says: 'big needs no approval',
      happened: 'approved',
      right: true,
    },
    {
      story: 'a second approval: the first one stands',
      before: approved,
      after: { ...approved, approved: hashOf('a') },
      facts: { user: 'bob' },
      stamps: { ...approved, approved: hashOf('a') },
      right: true,
    },
    {
      story: 'a rejection: who, when, what',
      before: waiting,
      after: { ...waiting, approved: 'false' },
      stamps: { ...rejected, approvedAt: now },
      happened: 'rejected',
      right: true,
    },
    {
      story: 'a rejection of what was approved, with its own time',
      before: { ...approved, approvedAt: now },
      after: { ...approved, approvedAt: now, approved: 'false' },
      facts: { now: 'later', isOfThisRequest: () => true },
      stamps: { ...rejected, approvedAt: 'later' },
      happened: 'rejected',
      right: true,
    },
    {
      story: 'an edit: the approval is void',
      before: approved,
      after: approved,
      ...edited,
      stamps: editedAfterApproval,
      says: 'its approval is void',
      happened: 'voided',
    },
    {
      story: 'an edit that leaves the annotation out: the same',
      before: approved,
      after: waiting,
      ...edited,
      stamps: editedAfterApproval,
      says: 'its approval is void',
      happened: 'voided',
    },
    {
      story: 'an edit of what was rejected: it may be asked for again',
      before: rejected,
      after: rejected,
      ...edited,
      stamps: editedByAnn,
      says: 'its rejection is void',
      happened: 'voided',
    },
    {
      story: 'an edit of what waits',
      before: waiting,
      after: waiting,
      ...edited,
      stamps: editedByAnn,
      happened: 'required',
    },
    {
      story: 'an edit down to ten steps: nobody is needed any more',
      before: approved,
      after: approved,
      changes: { specHash: hashOf('b'), stepCount: 10 },
      stamps: { ...small, editedBy: 'ann', authors: '["ann"]' },
      says: 'void',
      happened: 'voided',
    },
    {
      story: 'an edit under a new threshold: that one holds from now on',
      before: waiting,
      after: waiting,
      ...edited,
      facts: { threshold: 11 },
      stamps: {
        ...editedByAnn,
        threshold: '11',
        reason: '12 steps are more than the 11 that need no approval',
      },
      happened: 'required',
    },
    {
      story: 'a withdrawal, and says so',
      before: approved,
      after: waiting,
      stamps: waiting,
      says: 'The approval is withdrawn',
      happened: 'withdrawn',
    },
    {
      story: 'a rejection that is left out: it stays, and says so',
      before: rejected,
      after: waiting,
      stamps: rejected,
      says: 'The rejection stays',
    },
    {
      story: 'an update that leaves the stamps out: they are put back',
      before: approved,
      after: { approved: 'true' },
      stamps: approved,
    },
    { story: 'an update that changes nothing of ours', before: approved, after: approved, stamps: approved },
    {
      story: 'a raised threshold: it releases what waits',
      before: waiting,
      after: waiting,
      facts: { threshold: 12 },
      stamps: { ...small, stepCount: '12' },
    },
    {
      story: 'a lowered threshold: it touches nothing old',
      before: { ...small, stepCount: '12', threshold: '20' },
      after: { ...small, stepCount: '12', threshold: '20' },
      stamps: { ...small, stepCount: '12', threshold: '20' },
    },
    {
      story: 'a workflow from before the installation: it is counted, and nobody has created it',
      before: {},
      after: {},
      stamps: { ...waiting, createdBy: undefined, authors: undefined },
    },
    {
      story: 'an approval from before the installation: the word alone is none, a hash decides anew',
      before: { approved: 'true' },
      after: { approved: hashOf('a') },
      stamps: {
        ...approved,
        createdBy: undefined,
        authors: undefined,
        approved: hashOf('a'),
        approvedAt: now,
      },
      happened: 'approved',
      right: true,
    },
  ])('$story', ({ stamps, says, happened, right, ...story }) => {
    const { annotations, warnings, approvingCommand: _command, ...rest } = stamped(story);
    expect(annotationsOf(annotations)).toEqual(annotationsOf(stamps));
    expect(warnings).toHaveLength(says === undefined ? 0 : 1);
    expect(warnings.join()).toContain(says ?? '');
    expect(rest).toEqual({ happened, needsRight: right ?? false });
  });
});

describe('a write is refused', () => {
  const approve = { before: waiting, after: { ...waiting, approved: 'true' } };
  it.each<Story & { readonly code: number; readonly why: string; readonly says: string }>([
    {
      story: 'for a typo',
      before: waiting,
      after: { ...waiting, approved: 'yes' },
      code: 422,
      why: 'DecisionUnknown',
      says: 'not "yes"',
    },
    {
      story: 'for an empty decision',
      before: waiting,
      after: { ...waiting, approved: '' },
      code: 422,
      why: 'DecisionUnknown',
      says: 'not ""',
    },
    {
      story: 'for a novel, without printing it all',
      before: waiting,
      after: { ...waiting, approved: 'x'.repeat(1_000_000) },
      code: 422,
      why: 'DecisionUnknown',
      says: `"${'x'.repeat(80)}"`,
    },
    {
      story: 'for a hash of what was there before',
      before: waiting,
      after: { ...waiting, approved: hashOf('0') },
      code: 409,
      why: 'SpecChanged',
      says: hashOf('a'),
    },
    {
      story: 'for an approval together with an edit',
      ...approve,
      changes: { specHash: hashOf('b') },
      code: 422,
      why: 'ApprovalWithEdit',
      says: 'one request',
    },
    {
      story: 'for an approval of what is rejected',
      before: rejected,
      after: { ...rejected, approved: 'true' },
      code: 403,
      why: 'RejectionIsFinal',
      says: 'rejected by ann',
    },
    {
      story: 'for a decision on what has settled',
      ...approve,
      changes: { settled: true },
      code: 403,
      why: 'WorkflowIsOver',
      says: 'has settled',
    },
    {
      story: 'for a decision on what is being deleted',
      ...approve,
      changes: { deleting: true },
      code: 403,
      why: 'WorkflowIsOver',
      says: 'being deleted',
    },
    {
      story: "for the last editor's own approval, where another must approve",
      before: editedByAnn,
      after: { ...editedByAnn, approved: 'true' },
      facts: { requireDifferentApprover: true },
      code: 403,
      why: 'ApproverIsCreator',
      says: 'ann has written',
    },
    {
      story: "for the creator's own approval, where another must approve",
      ...approve,
      facts: { user: 'dev', requireDifferentApprover: true },
      code: 403,
      why: 'ApproverIsCreator',
      says: 'dev has written',
    },
    ...approvalStamps.map((forged) => ({
      story: `for a forged ${forged}`,
      before: waiting,
      after: { ...waiting, [forged]: 'forged' },
      code: 403,
      why: 'StampForged',
      says: 'written by stepgate alone',
    })),
    {
      story: 'for stamps of an approval that are brought along with it',
      before: waiting,
      after: { ...approved, approvedBy: 'bob' },
      code: 403,
      why: 'StampForged',
      says: 'approved-by',
    },
    {
      story: 'for a date of its own',
      before: waiting,
      after: { ...approved, approvedAt: '2020-01-01T00:00:00.000Z' },
      code: 403,
      why: 'StampForged',
      says: 'approved-at',
    },
  ])('$story', ({ code, why, says, ...story }) => {
    const refusal = stamp(story);
    expect(refusal).toMatchObject({ decision: 'deny', code, causes: [{ reason: why }] });
    // kubectl prints the causes of an Invalid alone.
    expect(refusal).toMatchObject({ causes: [{ message: expect.stringContaining(says) }] });
    expect('message' in refusal && refusal.message.length).toBeLessThan(400);
  });

  it('not for the rejection by its creator, who may always think better of it', () => {
    const facts = { user: 'dev', requireDifferentApprover: true };
    expect(stamped({ before: waiting, after: { ...waiting, approved: 'false' }, facts }).happened).toBe(
      'rejected',
    );
  });

  it('not for the approval by another than the creator', () => {
    const facts = { requireDifferentApprover: true };
    expect(stamped({ ...approve, facts }).happened).toBe('approved');
  });
});

describe('whatever is written', () => {
  const values = fc.constantFrom(
    'true',
    'false',
    'yes',
    '',
    '12',
    '10',
    '99',
    'ann',
    'dev',
    now,
    hashOf('a'),
    hashOf('b'),
    reason,
  );
  const keys = ['approved', ...approvalStamps] as const satisfies readonly ApprovalAnnotation[];
  const notes = fc.record(Object.fromEntries(keys.map((key) => [key, values])), {
    requiredKeys: [],
  }) as fc.Arbitrary<ApprovalNotes>;
  const stories = fc.record({
    before: fc.option(fc.oneof(fc.constant(waiting), fc.constant(approved), fc.constant(rejected), notes), {
      nil: undefined,
    }),
    after: fc.oneof(
      notes,
      notes.map((some) => ({ ...approved, ...some })),
    ),
    changes: fc.record({
      specHash: fc.constantFrom(hashOf('a'), hashOf('b')),
      stepCount: fc.constantFrom(3, 12),
    }),
    facts: fc.record({ user: fc.constantFrom('ann', 'dev'), threshold: fc.constantFrom(10, 20) }),
  });

  it('asking again about what was stamped gives the same stamps', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const first = stamp(story);
        fc.pre(!('decision' in first));
        const again = stamped({ ...story, after: first.annotations });
        expect(again.annotations).toEqual(first.annotations);
        expect(again.needsRight).toBe(first.needsRight);
      }),
      { numRuns: 500 },
    );
  });

  /** With everybody who has written it before, and without, where somebody else has approved that. */
  function listsOf(before: ApprovalNotes | undefined, user: string): readonly string[] {
    const authors = before === undefined ? [] : authorsOf(makeApprovable(before));
    return [authorsText([user]), authorsText(withAuthor(authors, user))];
  }

  it('no stamp of a user survives: what is stored was stored before, or is ours', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const stamping = stamp(story);
        fc.pre(!('decision' in stamping));
        const { facts, changes } = story;
        const before: ApprovalNotes = story.before ?? {};
        const ours: Record<string, readonly unknown[]> = {
          required: [undefined, 'true'],
          reason: [
            undefined,
            reason,
            '12 steps are more than the 20 that need no approval',
            '12 steps are more than the 12 that need no approval',
            '12 steps are more than the 99 that need no approval',
          ],
          stepCount: [String(changes.stepCount)],
          threshold: [String(facts.threshold), before.threshold],
          editedBy: [undefined, before.editedBy, facts.user],
          authors: [before.authors, ...listsOf(story.before, facts.user)],
          installation: ['here'],
          createdBy: [story.before === undefined ? facts.user : before.createdBy],
          approvedBy: [undefined, before.approvedBy, ...(stamping.needsRight ? [facts.user] : [])],
          approvedAt: [undefined, before.approvedAt, ...(stamping.needsRight ? [now] : [])],
          approvedSpec: [undefined, before.approvedSpec, ...(stamping.needsRight ? [changes.specHash] : [])],
          request: [undefined],
        };
        for (const name of approvalStamps) {
          expect({ name, is: ours[name]?.includes(stamping.annotations[name]) }).toEqual({ name, is: true });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a decision that was not there before takes the right to decide', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const stamping = stamp(story);
        fc.pre(!('decision' in stamping));
        const { approved: decision } = stamping.annotations;
        const before: ApprovalNotes = story.before ?? {};
        const isNew = decision !== undefined && decision !== before.approved;
        expect(stamping.needsRight).toBe(isNew);
      }),
      { numRuns: 500 },
    );
  });
});

describe('who has written a spec', () => {
  const another = { requireDifferentApprover: true };
  /** What becomes of a workflow of `dev` by writes such as `ann approve`: its stamps, or the refusal of one. */
  function history(...writes: readonly string[]) {
    let letter = 'a';
    let stamps: ApprovalNotes = waiting;
    for (const [user = '', what = ''] of writes.map((write) => write.split(' '))) {
      const before = makeApprovable(stamps, { specHash: hashOf(letter) });
      if (what === 'edit') letter = String.fromCodePoint((letter.codePointAt(0) ?? 0) + 1);
      const decisions = new Map([
        ['edit', stamps.approved],
        ['approve', 'true'],
        ['reject', 'false'],
      ]);
      const after = makeApprovable(
        { ...stamps, approved: decisions.get(what) },
        { specHash: hashOf(letter) },
      );
      const stamping = stampWorkflow({ ...factsOf(user), before, after });
      if ('decision' in stamping) return stamping;
      stamps = stamping.annotations;
    }
    return stamps;
  }
  const factsOf = (user: string) => ({
    user,
    groups: [],
    now,
    isOfThisRequest: () => false,
    threshold: 10,
    serviceAccountsMayApprove: false,
    approveByHashOnly: false,
    installation: 'here',
    ...another,
  });
  const refused = { code: 403, causes: [{ reason: 'ApproverIsCreator' }] };

  it.each<[string, string[]]>([
    ['that somebody else has edited after them', ['ann edit', 'bob edit', 'ann approve']],
    ['that was rejected in between', ['ann edit', 'bob reject', 'bob edit', 'ann approve']],
    [
      'whose approval was withdrawn in between',
      ['ann edit', 'bob approve', 'bob withdraw', 'eve edit', 'ann approve'],
    ],
    ['that was approved in between, where they created it', ['bob approve', 'eve edit', 'dev approve']],
  ])('an author does not approve a spec %s', (_, writes) => {
    expect(history(...writes)).toMatchObject(refused);
  });

  it('counts from the last approval by somebody else', () => {
    const stamps = history('ann edit', 'bob approve', 'eve edit', 'ann approve');
    expect(stamps).toMatchObject({ approvedBy: 'ann', authors: '["eve"]' });
  });

  it('is everybody once they are too many, and says what to do', () => {
    const editors = Array.from({ length: 16 }, (_, each) => `user-${each} edit`);
    const stamping = history(...editors, 'stranger approve');
    expect(stamping).toMatchObject({
      ...refused,
      message: expect.stringContaining('create it anew') as string,
    });
  });

  it('is the creator and the last editor where the stamps are from before there was a list', () => {
    const old = { ...waiting, authors: undefined, editedBy: 'ann' };
    for (const user of ['dev', 'ann']) {
      expect(
        stamp({ before: old, after: { ...old, approved: 'true' }, facts: { user, ...another } }),
      ).toMatchObject(refused);
    }
    const edit = stamped({
      before: old,
      after: old,
      facts: { user: 'bob' },
      changes: { specHash: hashOf('b') },
    });
    expect(edit.annotations.authors).toBe('["dev","ann","bob"]');
  });
});

describe('a ServiceAccount', () => {
  const robot = { user: 'system:serviceaccount:argocd:robot' };
  const decides = (approved: string, facts: Partial<StampFacts>) =>
    stamp({ before: waiting, after: { ...waiting, approved }, facts });

  it.each(['true', 'false', hashOf('a')])(
    'does not decide with %s, whatever tells that it is one',
    (approved) => {
      const refused = { code: 403, causes: [{ reason: 'DeciderIsServiceAccount' }] };
      expect(decides(approved, robot)).toMatchObject(refused);
      expect(decides(approved, { user: 'argo', groups: ['system:serviceaccounts'] })).toMatchObject(refused);
    },
  );

  it('decides where the setting says so', () => {
    expect(decides('true', { ...robot, serviceAccountsMayApprove: true })).toMatchObject({
      happened: 'approved',
    });
  });
});

describe('where only the hash approves', () => {
  const decides = (approved: string) =>
    stamp({ before: waiting, after: { ...waiting, approved }, facts: { approveByHashOnly: true } });

  it('true is refused, with the command that has the hash', () => {
    expect(decides('true')).toMatchObject({
      code: 422,
      causes: [
        {
          reason: 'HashRequired',
          message: expect.stringContaining(`kubernaut.io/approved=${hashOf('a')}`) as string,
        },
      ],
    });
  });

  it('the hash approves and false rejects', () => {
    expect(decides(hashOf('a'))).toMatchObject({ happened: 'approved' });
    expect(decides('false')).toMatchObject({ happened: 'rejected' });
  });
});
