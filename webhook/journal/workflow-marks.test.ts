import { describe, expect, it } from 'vitest';
import type { JournalContent } from './journal.ts';
import { roomForMarks } from './journal-room.ts';
import {
  mayTrustWatch,
  noneOutlived,
  renewMarks,
  type WorkflowMark,
  type WorkflowMarks,
} from './workflow-marks.ts';

const journalWith = (workflows?: WorkflowMarks): JournalContent => ({
  compactedThrough: '1',
  reservations: [],
  recovering: false,
  ...(workflows && { workflows }),
});
const mark = (workflow: string, by = `edit of ${workflow}`) => ({ workflow, by });

describe('the watch of workflows may be trusted', () => {
  const marked = journalWith({ changing: [mark('w')], through: '20' });
  it.each<[string, string, string | undefined, JournalContent, boolean]>([
    ['where none has ever begun to need approval', 'w', '0', journalWith(), true],
    ['by who has read the workflow', 'w', undefined, marked, true],
    ['of another workflow, by who has seen all earlier ones', 'x', '20', marked, true],
    ['not of the one that is changing, however far it is', 'w', '999', marked, false],
    ['not by who is behind', 'x', '19', marked, false],
  ])('%s', (_, workflow, seenAt, journal, outcome) => {
    expect(mayTrustWatch(workflow, seenAt, journal)).toBe(outcome);
  });
});

describe('marks', () => {
  const outlived = (...marks: readonly [by: string, revision: string | undefined][]) => {
    const known = new Map(marks);
    return { isOutlived: (by: string) => known.has(by), revisionAfter: (by: string) => known.get(by) };
  };
  it.each<
    [
      string,
      WorkflowMarks | undefined,
      Parameters<typeof renewMarks>[1],
      ReturnType<typeof outlived>,
      unknown,
    ]
  >([
    ['are none while there was never one', undefined, [], noneOutlived, undefined],
    [
      'begin with the first one',
      undefined,
      [mark('w')],
      noneOutlived,
      { changing: [mark('w')], through: '0' },
    ],
    [
      'stay until they are outlived',
      { changing: [mark('w')], through: '5' },
      [mark('x')],
      noneOutlived,
      { changing: [mark('w'), mark('x')], through: '5' },
    ],
    [
      'are replaced by a later write of the same workflow',
      { changing: [mark('w', 'first')], through: '5' },
      [mark('w', 'second'), mark('w', 'third')],
      noneOutlived,
      { changing: [mark('w', 'third')], through: '5' },
    ],
    [
      'leave behind how far a watch must have come',
      { changing: [mark('w'), mark('x'), mark('y')], through: '5' },
      [],
      outlived(['edit of w', '9'], ['edit of x', '7']),
      { changing: [mark('y')], through: '9' },
    ],
    [
      'leave nothing behind of a workflow that is gone',
      { changing: [mark('w')], through: '5' },
      [],
      outlived(['edit of w', undefined]),
      { changing: [], through: '5' },
    ],
  ])('%s', (_, marks, added, known, renewed) => {
    expect(renewMarks(marks, added, known)).toEqual({ marks: renewed, refused: [] });
  });

  const created = (uid: string) => ({ ...mark('w', uid), request: `request/of ${uid}` });

  it('of a create are known by its uid, which a watch will show', () => {
    const { marks } = renewMarks(undefined, [created('uid')], noneOutlived);
    expect(marks).toEqual({ changing: [mark('w', 'uid')], through: '0' });
  });

  it('of a create that take the place of another are not: what shows the uid may be from before the other', () => {
    const pending = { changing: [mark('w', 'request/edit')], through: '5' };
    const { marks } = renewMarks(pending, [created('uid')], noneOutlived);
    expect(marks).toEqual({ changing: [mark('w', 'request/of uid')], through: '5' });
    const atOnce = renewMarks(undefined, [mark('w', 'request/edit'), created('uid')], noneOutlived);
    expect(atOnce.marks?.changing).toEqual([mark('w', 'request/of uid')]);
    const recreated = { changing: [mark('w', 'uid of the next')], through: '5' };
    expect(renewMarks(recreated, [created('uid')], noneOutlived).marks?.changing).toEqual([
      mark('w', 'request/of uid'),
    ]);
  });

  it('take the place of what is over by their uid, and stay as they are when they are written twice', () => {
    const over = { changing: [mark('w', 'request/edit')], through: '5' };
    expect(renewMarks(over, [created('uid')], outlived(['request/edit', '7'])).marks).toEqual({
      changing: [mark('w', 'uid')],
      through: '7',
    });
    const written = { changing: [mark('w', 'uid')], through: '5' };
    expect(renewMarks(written, [created('uid')], noneOutlived).marks?.changing).toEqual([mark('w', 'uid')]);
  });

  it('are the very same where nothing has changed, so that nobody times them anew', () => {
    const marks = { changing: [mark('w')], through: '5' };
    expect(renewMarks(marks, [], noneOutlived).marks).toBe(marks);
  });

  const full: readonly WorkflowMark[] = Array.from({ length: 1_000 }, (_, index) =>
    mark(`w${index}-${'x'.repeat(248)}`, `edit-${index}`),
  );

  it('find room for so many, and a new one has to wait', () => {
    const { marks, refused } = renewMarks(
      undefined,
      [...full, ...full.map(({ workflow }) => mark(`${workflow}y`))],
      noneOutlived,
    );
    expect(JSON.stringify(marks).length).toBeLessThanOrEqual(roomForMarks);
    expect(JSON.stringify(marks).length).toBeGreaterThan(0.9 * roomForMarks);
    expect(refused.length).toBe(2_000 - (marks?.changing.length ?? 0));
  });

  it('find the room of one that is outlived, and of an earlier write of the same workflow', () => {
    const { marks } = renewMarks(
      undefined,
      full.concat(full.map(({ workflow }) => mark(`${workflow}y`))),
      noneOutlived,
    );
    const first = marks?.changing[0] as WorkflowMark;
    expect(renewMarks(marks, [mark(first.workflow, 'again')], noneOutlived).refused).toEqual([]);
    expect(renewMarks(marks, [mark('new')], outlived([first.by, '9'])).refused).toEqual([]);
    expect(renewMarks(marks, [mark('new'.repeat(60))], noneOutlived).refused).toEqual([
      mark('new'.repeat(60)),
    ]);
  });
});
