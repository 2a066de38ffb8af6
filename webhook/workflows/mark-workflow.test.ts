import { expect, it } from 'vitest';
import { annotationsOf, type ApprovalNotes } from '../../test/builders/approvable-builder.ts';
import { bigWorkflow, reviewWorkflow } from '../../test/builders/workflow-review-builder.ts';
import { SlotsUnavailableError } from '../journal/journal-errors.ts';
import type { NewMark } from '../journal/workflow-marks.ts';
import { markWorkflow } from './mark-workflow.ts';

const small = { stepCount: '10', threshold: '10' };
const big = { stepCount: '12', threshold: '10' };

const stampingOf = (notes: ApprovalNotes) => ({
  annotations: { ...everyStampAbsent, ...notes },
});
const everyStampAbsent = Object.fromEntries(
  Object.keys(annotationsOf({})).map((name) => [name, undefined]),
) as unknown as Parameters<typeof markWorkflow>[1]['annotations'];

interface Write {
  readonly dryRun?: boolean;
  readonly specChanged?: boolean;
}

async function marksOf(
  before: ApprovalNotes | undefined,
  after: ApprovalNotes,
  { dryRun = false, specChanged = true }: Write = {},
) {
  const marks: [string, NewMark, number][] = [];
  const keeper = {
    mark: async (...mark: [string, NewMark, number]) => void marks.push(mark),
  };
  const old = specChanged ? bigWorkflow.steps(5) : bigWorkflow;
  const request = reviewWorkflow({ ...(before && { before }), after, old, dryRun });
  expect(await markWorkflow(request, stampingOf(after), keeper, 9_000)).toBeUndefined();
  return { marks, request };
}

it.each<[string, ApprovalNotes | undefined, ApprovalNotes, boolean]>([
  ['a new workflow over its threshold', undefined, big, true],
  ['a workflow that grows over its threshold', small, big, true],
  ['the rejection of a small one', small, { ...small, approved: 'false' }, false],
  ['one whose threshold was higher', { ...big, threshold: '20' }, big, true],
  // By a threshold that was raised since, caches take neither for gated.
  ['an edit of one over the threshold of its time', big, { ...big, stepCount: '25' }, true],
  ['the rejection of one over the threshold of its time', big, { ...big, approved: 'false' }, false],
])('%s is marked, before the deadline', async (_, before, after, specChanged) => {
  const { marks, request } = await marksOf(before, after, { specChanged });
  // A create is known by the uid that watches will show, an update by its request.
  const requestName = `request/${request.uid}`;
  const by = before === undefined ? { by: 'uid-1', request: requestName } : { by: requestName };
  expect(marks).toEqual([[request.namespace, { workflow: request.name, ...by }, 8_900]]);
});

it.each<[string, ApprovalNotes | undefined, ApprovalNotes, boolean]>([
  ['a new workflow within its threshold', undefined, small, true],
  ['an approval', big, { ...big, approved: 'true' }, false],
  ['what was rejected already', { ...big, approved: 'false' }, { ...big, approved: 'false' }, true],
  ['what is within its threshold from now on', big, small, true],
  ['what has no stamps yet: caches do not believe it', {}, big, true],
])('%s is not', async (_, before, after, specChanged) => {
  expect((await marksOf(before, after, { specChanged })).marks).toEqual([]);
});

it('a dry run writes nothing', async () => {
  expect((await marksOf(small, big, { dryRun: true })).marks).toEqual([]);
});

it('is refused for now where the mark cannot be written', async () => {
  const keeper = {
    mark: async () => Promise.reject(new SlotsUnavailableError('JournalUnwritable', 'too slow')),
  };
  expect(await markWorkflow(reviewWorkflow({}), stampingOf(big), keeper, 9_000)).toMatchObject({
    code: 503,
    message: expect.stringContaining('does not let the write through'),
    causes: [{ reason: 'JournalUnwritable' }],
  });
});

it('says of what it did not expect nothing', async () => {
  const keeper = { mark: async () => Promise.reject(new TypeError('a bug')) };
  await expect(markWorkflow(reviewWorkflow({}), stampingOf(big), keeper, 9_000)).rejects.toThrow('a bug');
});
