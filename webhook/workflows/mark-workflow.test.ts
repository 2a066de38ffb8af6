import { expect, it } from 'vitest';
import { annotationsOf, type ApprovalNotes } from '../../test/builders/approvable-builder.ts';
import { reviewWorkflow } from '../../test/builders/workflow-review-builder.ts';
import { SlotsUnavailableError } from '../journal/journal-errors.ts';
import type { WorkflowMark } from '../journal/workflow-marks.ts';
import { markWorkflow } from './mark-workflow.ts';

const small = { stepCount: '10', threshold: '10' };
const big = { stepCount: '12', threshold: '10' };

const stampingOf = (notes: ApprovalNotes) => ({
  annotations: { ...everyStampAbsent, ...notes },
});
const everyStampAbsent = Object.fromEntries(
  Object.keys(annotationsOf({})).map((name) => [name, undefined]),
) as unknown as Parameters<typeof markWorkflow>[1]['annotations'];

async function marksOf(before: ApprovalNotes | undefined, after: ApprovalNotes, dryRun = false) {
  const marks: [string, WorkflowMark, number][] = [];
  const keeper = {
    mark: async (...mark: [string, WorkflowMark, number]) => void marks.push(mark),
  };
  const request = reviewWorkflow({ ...(before && { before }), after, dryRun });
  expect(await markWorkflow(request, stampingOf(after), keeper, 9_000)).toBeUndefined();
  return { marks, request };
}

it.each<[string, ApprovalNotes | undefined, ApprovalNotes]>([
  ['a new workflow over its threshold', undefined, big],
  ['a workflow that grows over its threshold', small, big],
  ['the rejection of a small one', small, { ...small, approved: 'false' }],
  ['one whose threshold was higher', { ...big, threshold: '20' }, big],
])('%s is marked, by its request, before the deadline', async (_, before, after) => {
  const { marks, request } = await marksOf(before, after);
  expect(marks).toEqual([[request.namespace, { workflow: request.name, by: request.uid }, 8_900]]);
});

it.each<[string, ApprovalNotes | undefined, ApprovalNotes]>([
  ['a new workflow within its threshold', undefined, small],
  ['what caches know to be gated', big, { ...big, approved: 'true' }],
  ['what is within its threshold from now on', big, small],
  ['what has no stamps yet: caches do not believe it', {}, big],
])('%s is not', async (_, before, after) => {
  expect((await marksOf(before, after)).marks).toEqual([]);
});

it('a dry run writes nothing', async () => {
  expect((await marksOf(small, big, true)).marks).toEqual([]);
});

it('is refused for now where the mark cannot be written', async () => {
  const keeper = {
    mark: async () => Promise.reject(new SlotsUnavailableError('JournalUnwritable', 'too slow')),
  };
  expect(await markWorkflow(reviewWorkflow({}), stampingOf(big), keeper, 9_000)).toMatchObject({
    code: 503,
    causes: [{ reason: 'JournalUnwritable' }],
  });
});

it('says of what it did not expect nothing', async () => {
  const keeper = { mark: async () => Promise.reject(new TypeError('a bug')) };
  await expect(markWorkflow(reviewWorkflow({}), stampingOf(big), keeper, 9_000)).rejects.toThrow('a bug');
});
