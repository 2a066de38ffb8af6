import type { Climate } from './climates.ts';
import type { Symptom } from './symptoms.ts';

/** One replacement in the text of a source file. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Occurs exactly once in the file, or the mutation is broken. */
  readonly find: string;
  readonly replace: string;
}

/** The code without one of its rules. */
interface CodeWithoutRule {
  readonly name: string;
  /** The rule that is left out, in a sentence. */
  readonly rule: string;
  readonly edits: readonly Edit[];
}

/** One that the simulation has to notice. */
export interface Mutation extends CodeWithoutRule {
  readonly climate: Climate;
  readonly expects: Symptom;
  /** Seeds within which the simulation has to notice. */
  readonly seeds: number;
}

/** A mutation that nobody can notice. */
export interface SpareRule extends CodeWithoutRule {
  readonly why: string;
}

const journal = 'webhook/journal/journal.ts';
const planBatch = 'webhook/journal/plan-batch.ts';
const compactJournal = 'webhook/journal/compact-journal.ts';
const usableJournal = 'webhook/journal/usable-journal.ts';
const namespaceSlots = 'webhook/journal/namespace-slots.ts';
const doubtResolver = 'webhook/journal/doubt-resolver.ts';
const journalHolder = 'webhook/journal/journal-holder.ts';
const nameArbiter = 'webhook/journal/name-arbiter.ts';
const seenExecutions = 'webhook/journal/seen-executions.ts';
const doubts = 'webhook/journal/doubts.ts';
const markWatch = 'webhook/journal/mark-watch.ts';
const workflowMarks = 'webhook/journal/workflow-marks.ts';
const slotKeeper = 'webhook/journal/slot-keeper.ts';
const virtualWatch = 'test/simulation/virtual-watch.ts';
const virtualApiServer = 'test/simulation/virtual-api-server.ts';

const waitForCompactedThrough = 'await cache.reached(journal.compactedThrough, behindMilliseconds)';

/** Lists are kept for two seconds, so that one may be older than the journal it is used with. */
const listsKept: readonly Edit[] = [
  { file: usableJournal, find: 'async function list()', replace: 'let kept; async function list()' },
  {
    file: usableJournal,
    find: 'const listed = await reader.listActive(namespace)',
    replace: `if (kept !== undefined && clock.now() < kept.until) return kept.listed;
    const listed = await reader.listActive(namespace)`,
  },
  {
    file: usableJournal,
    find: 'for (const item of listed.items) seen.note(item);',
    replace: `for (const item of listed.items) seen.note(item);
    kept = { listed, until: clock.now() + 2_000 };`,
  },
];

/** One that a unit test has to notice. */
export interface UnitMutation extends CodeWithoutRule {
  readonly caughtBy: UnitTest;
}

/** A mutation that the simulation notices in few seeds, and a unit test at once. */
type RareMutation = Mutation & UnitMutation;

/** A test by its file, from the root of the repository, and its full name. */
export interface UnitTest {
  readonly file: string;
  readonly test: string;
}

/**
 * Rules whose absence shows in so few seeds that a test of them would be a matter of luck, each with the unit test
 * that fails without it. `--mutation` runs them all the same.
 */
const unitTests: Readonly<Record<string, UnitTest>> = {
  'a-name-is-asked-for-once': {
    file: 'webhook/journal/name-arbiter.test.ts',
    test: 'a name is contested > again, when another create of it has come since it was found free',
  },
  'compacted-through-raised-to-the-view': {
    file: 'webhook/journal/compact-journal.test.ts',
    test: 'compactedThrough rises to what was seen',
  },
  'copy-from-before-a-complete-list': {
    file: 'webhook/journal/usable-journal.test.ts',
    test: 'the cache decides > by a journal read after a complete list that came while it waited for the watch',
  },
  'copy-of-another-history': {
    file: 'webhook/journal/usable-journal.test.ts',
    test: 'the cache decides > by a journal read after the watch came back, for a copy may be of another history',
  },
  'freed-by-a-read-begun-before-the-lifetime': {
    file: 'webhook/journal/doubt-resolver.test.ts',
    test: 'judges the age at which it asked, not at which it was answered',
  },
  'kept-list-behind-the-journal': {
    file: 'webhook/journal/usable-journal.test.ts',
    test: 'a list decides > anew, when the cache has seen more than the last one shows',
  },
  'new-history-trusts-the-watch-of-workflows': {
    file: 'webhook/journal/usable-journal.test.ts',
    test: 'history that went backwards > leaves no trust in what a watch had shown of workflows before',
  },
  'two-journals-of-one-revision': {
    file: 'webhook/journal/journal-holder.test.ts',
    test: 'history went backwards > when a read gives another journal under the same resourceVersion',
  },
};

/** Each rule that keeps the limit left out, one at a time; then those that only keep slots from being lost. */
const allMutations: readonly Mutation[] = [
  {
    name: 'no-wait-for-compacted-through',
    rule: 'A replica decides by its cache only when the cache has seen compactedThrough.',
    edits: [{ file: usableJournal, find: waitForCompactedThrough, replace: 'true' }],
    climate: 'rough',
    expects: 'violation',
    seeds: 200,
  },
  {
    name: 'no-wait-after-a-conflict',
    rule: 'After each conflict it waits again, for the compactedThrough of the journal it then has.',
    edits: [
      { file: usableJournal, find: waitForCompactedThrough, replace: `again || ${waitForCompactedThrough}` },
      {
        file: usableJournal,
        find: 'async ({ fresh, wantsList, readOnly = false }: JournalWanted)',
        replace: 'async ({ fresh, wantsList, again, readOnly = false })',
      },
      {
        file: namespaceSlots,
        find: 'let waiting = batch;',
        replace: 'let waiting = batch; let again = false;',
      },
      {
        file: namespaceSlots,
        find: 'metrics.conflicted();',
        replace: '{ metrics.conflicted(); again = true; }',
      },
      { file: namespaceSlots, find: 'await usableJournal({', replace: 'await usableJournal({ again,' },
    ],
    climate: 'crowded',
    expects: 'violation',
    seeds: 400,
  },
  {
    name: 'seen-in-any-view',
    rule: 'A uid counts as seen only in views at or past the resourceVersion at which it was seen.',
    edits: [
      {
        file: compactJournal,
        find: 'if (seenAt === undefined || !hasReached(view.revision, seenAt)) return true;',
        replace: 'if (seenAt === undefined) return true;',
      },
    ],
    climate: 'rough',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'compacted-through-not-raised',
    rule: 'Dropping a uid raises compactedThrough to the resourceVersion at which it was seen.',
    edits: [
      {
        file: compactJournal,
        find: 'compactedThrough = laterResourceVersion(compactedThrough, seenAt);',
        replace: '',
      },
    ],
    climate: 'rough',
    expects: 'violation',
    seeds: 200,
  },
  {
    name: 'entries-not-uids',
    rule: 'Uids are seen and dropped, not entries: an entry goes with its last uid.',
    edits: [
      {
        file: compactJournal,
        find: 'else if (remaining.length > 0) reservations.push(',
        replace: 'else if (false) reservations.push(',
      },
    ],
    climate: 'crowded',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'sharing-beyond-the-limit',
    rule: 'A create that shares the slot of its name is admitted only within the limit.',
    edits: [
      {
        file: planBatch,
        find: 'if (used > limit && request.enforce) {',
        replace: 'if (used > limit && request.enforce && !holdsSlot) {',
      },
    ],
    climate: 'crowded',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'sharing-not-recorded',
    rule: 'A create that shares a slot is written down too.',
    edits: [
      {
        file: planBatch,
        find: 'if (!request.dryRun) reserve(',
        replace: 'if (!request.dryRun && !holdsSlot) reserve(',
      },
    ],
    climate: 'failing',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'freed-before-its-lifetime',
    rule: 'A uid that was never seen keeps its slot for its lifetime.',
    edits: [
      {
        file: doubtResolver,
        find: 'const expired = askedAt - doubt.since >= options.lifetimeMilliseconds();',
        replace: 'const expired = true;',
      },
    ],
    climate: 'rough',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'freed-without-asking',
    rule: 'After its lifetime a quorum GET decides whether a uid is freed.',
    edits: [
      {
        file: doubtResolver,
        find: 'if (isThatVery ? state.settled : expired) doubts.free(doubt.uid);',
        replace: 'if (expired || (isThatVery && state.settled)) doubts.free(doubt.uid);',
      },
    ],
    climate: 'stuck-watch',
    expects: 'violation',
    seeds: 1000,
  },
  {
    name: 'freed-by-another-uid',
    rule: 'Before its lifetime a uid is not freed by another uid under its name.',
    edits: [
      {
        file: doubtResolver,
        find: 'if (isThatVery ? state.settled : expired)',
        replace: 'if (isThatVery ? state.settled : expired || state !== undefined)',
      },
    ],
    climate: 'crowded',
    expects: 'violation',
    seeds: 200,
  },
  {
    name: 'freed-by-another-that-settled',
    rule: 'Before its lifetime a uid is freed only by that very uid being settled.',
    edits: [
      {
        file: doubtResolver,
        find: 'if (isThatVery ? state.settled : expired)',
        replace: 'if (state?.settled === true || (!isThatVery && expired))',
      },
    ],
    climate: 'crowded',
    expects: 'violation',
    seeds: 200,
  },
  {
    name: 'list-from-before-the-journal',
    rule: 'A list decides only at or past the compactedThrough of the journal that is written.',
    edits: [
      ...listsKept,
      {
        file: usableJournal,
        find: 'if (!hasReached(listed.revision, journal.compactedThrough)) return startOver(journal, listed, readOnly);',
        replace: '',
      },
    ],
    climate: 'stuck-watch',
    expects: 'violation',
    seeds: 300,
  },
  {
    name: 'history-judged-by-a-list-from-before',
    rule: 'Only a list begun after the journal was read shows that history went backwards.',
    edits: listsKept,
    climate: 'stuck-watch',
    expects: 'violation',
    seeds: 300,
  },
  {
    name: 'kept-list-behind-the-journal',
    rule: 'A list serves further denials only while it is at or past the compactedThrough of the journal then.',
    edits: [
      {
        file: usableJournal,
        find: 'hasReached(revision, journal.compactedThrough) && hasReached(revision, cache.revision)',
        replace: 'true',
      },
    ],
    climate: 'stuck-watch',
    expects: 'violation',
    seeds: 1000,
  },
  {
    name: 'two-journals-of-one-revision',
    rule: 'Two journals are the same when they say the same, not when their resourceVersions are the same.',
    edits: [
      {
        file: journal,
        find: 'return fingerprintOf(left) === fingerprintOf(right);',
        replace: 'return true;',
      },
    ],
    climate: 'restored',
    expects: 'violation',
    seeds: 3000,
  },
  {
    name: 'copy-of-another-history',
    rule: 'After each complete list the journal is read before it is relied on.',
    edits: [{ file: usableJournal, find: '|| readFor !== generation', replace: '' }],
    climate: 'restored',
    expects: 'violation',
    seeds: 1500,
  },
  {
    name: 'copy-from-before-a-complete-list',
    rule: 'A complete list that comes while a decision waits begins it again.',
    edits: [
      {
        file: usableJournal,
        find: 'if (cache.generation === generation) return found;',
        replace: 'return found;',
      },
    ],
    climate: 'restored',
    expects: 'violation',
    seeds: 3000,
  },
  {
    name: 'cache-of-a-lost-watch',
    rule: 'From the loss of the watch until a complete list has replaced the cache, a list is preferred.',
    edits: [
      {
        file: usableJournal,
        find: 'if (options.cacheDistrusted() || !options.watchConnected())',
        replace: 'if (options.cacheDistrusted())',
      },
      { file: usableJournal, find: 'if (!reached || !options.watchConnected())', replace: 'if (!reached)' },
    ],
    climate: 'restored',
    expects: 'violation',
    seeds: 400,
  },
  {
    name: 'lost-journal-admits-at-once',
    rule: 'A journal that was lost admits nothing for a lifetime.',
    edits: [{ file: journalHolder, find: 'recovering: lost };', replace: 'recovering: false };' }],
    climate: 'journal-lost',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'no-list-after-recovery',
    rule: 'After that lifetime a consistent list is taken, and decides what replicas must have seen.',
    edits: [
      {
        file: usableJournal,
        find: 'const compactedThrough = hasReached(newest, journal.compactedThrough) ? newest : journal.compactedThrough;',
        replace: 'const { compactedThrough } = journal;',
      },
    ],
    climate: 'journal-lost',
    expects: 'violation',
    seeds: 4000,
  },
  {
    name: 'conflict-decides-nothing-again',
    rule: 'After a conflict the whole batch is decided again.',
    edits: [
      {
        file: namespaceSlots,
        find: 'await holder.write(base, plan.write);',
        replace: `for (let now = base; ; ) {
          try {
            const entries = new Map([...now.reservations, ...plan.write.reservations].map((entry) => [entry.name, entry]));
            await holder.write(now, now === base ? plan.write : { ...now, reservations: [...entries.values()] });
            break;
          } catch (error) {
            if (!(error instanceof JournalConflictError)) throw error;
            now = await holder.refreshed();
          }
        }`,
      },
    ],
    climate: 'rough',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'answer-before-the-write',
    rule: 'A create is answered only after the journal is written.',
    edits: [
      {
        file: namespaceSlots,
        find: 'if (plan.write !== undefined && base !== undefined) {',
        replace:
          'for (const decision of hanging) answer(decision, usable);\n    if (plan.write !== undefined && base !== undefined) {',
      },
    ],
    climate: 'rough',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'no-compare-and-swap',
    rule: 'The journal is written by compare-and-swap.',
    edits: [
      {
        file: virtualApiServer,
        find: 'if (journal?.uid !== base.uid || journal.resourceVersion !== base.resourceVersion) {',
        replace: 'if (journal === undefined) {',
      },
    ],
    climate: 'rough',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'first-list-is-stale',
    rule: 'The first list is consistent.',
    edits: [
      {
        file: virtualWatch,
        find: 'const list = server.listActive();',
        replace: `const list = server.listActiveAt(Math.max(1, server.revision - 10));
      if (Number(list.revision) < server.revision)
        time.setTimer(0, () => {
          for (const change of server.changesSince(Number(list.revision))) enqueue(() => deliverExecution(change));
        });`,
      },
    ],
    climate: 'rough',
    expects: 'violation',
    seeds: 1000,
  },
  {
    name: 'watch-is-resumed',
    rule: 'After a disconnect a watch starts with a complete list, and never resumes.',
    edits: [
      {
        file: virtualWatch,
        find: 'const list = server.listActive();',
        replace: `if (executions.synced) {
        enqueue(() => undefined);
        for (const change of server.changesSince(Number(keeper.cache.revision))) enqueue(() => deliverExecution(change));
        return;
      }
      const list = server.listActive();`,
      },
      {
        file: virtualWatch,
        find: 'function deliverExecution(change: Change): void {',
        replace: `function deliverExecution(change: Change): void {
    if (Number(change.execution?.resourceVersion) <= Number(keeper.cache.revision)) return;`,
      },
    ],
    climate: 'restored',
    expects: 'violation',
    seeds: 500,
  },
  {
    name: 'timed-by-entry',
    rule: 'Uids are timed, not entries: a uid that shares a slot has a lifetime of its own.',
    edits: [
      {
        file: doubts,
        find: `if (known === undefined) next.set(uid, { uid, name: reservation.name, since, askedAt: undefined });`,
        replace: `const elder = [...doubts.values()].find((doubt) => doubt.name === reservation.name);
        if (known === undefined) next.set(uid, { uid, name: reservation.name, since: elder?.since ?? since, askedAt: undefined });`,
      },
    ],
    climate: 'crowded',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'ages-by-entry',
    rule: 'The journal has the age of each uid, not of an entry.',
    edits: [
      {
        file: journal,
        find: `reservation.ages?.[index] ?? 0`,
        replace: `Math.max(0, ...(reservation.ages ?? []))`,
      },
    ],
    climate: 'crowded',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'freed-by-a-read-begun-before-the-lifetime',
    rule: 'Only a read begun after the lifetime frees what was never seen.',
    edits: [
      {
        file: doubtResolver,
        find: `const expired = askedAt - doubt.since >= options.lifetimeMilliseconds();`,
        replace: ``,
      },
      {
        file: doubtResolver,
        find: `const isThatVery = `,
        replace: `const expired = clock.now() - doubt.since >= options.lifetimeMilliseconds();
      const isThatVery = `,
      },
    ],
    climate: 'crowded',
    expects: 'violation',
    seeds: 1000,
  },
  {
    name: 'marked-workflow-trusted',
    rule: 'While a workflow is marked, no watch is trusted about it.',
    edits: [
      {
        file: workflowMarks,
        find: `&& !workflows.changing.some((mark) => mark.workflow === workflow)`,
        replace: ``,
      },
    ],
    climate: 'edited',
    expects: 'violation',
    seeds: 100,
  },
  {
    name: 'watch-from-before-a-write-trusted',
    rule: 'A watch of workflows is trusted only once it has seen the writes whose marks are gone.',
    edits: [{ file: workflowMarks, find: `hasReached(seenAt, workflows.through) &&`, replace: `` }],
    climate: 'edited',
    expects: 'violation',
    seeds: 400,
  },
  {
    name: 'marks-leave-nothing-behind',
    rule: 'With a mark that goes, through rises to the workflow after its write.',
    edits: [
      {
        file: workflowMarks,
        find: `through = laterResourceVersion(through, revisionAfter(mark.by) ?? through);`,
        replace: `through = through;`,
      },
    ],
    climate: 'edited',
    expects: 'violation',
    seeds: 300,
  },
  {
    name: 'mark-outlived-at-once',
    rule: 'A mark stands for as long as its write may still be stored.',
    edits: [
      {
        file: markWatch,
        find: `const due = Math.max(since + options.lifetimeMilliseconds(), failedAt`,
        replace: `const due = Math.max(since, failedAt`,
      },
    ],
    climate: 'edited',
    expects: 'violation',
    seeds: 200,
  },
  {
    name: 'marks-settled-unwritten',
    rule: 'A write settles the marks that it carries, and none that came while it was under way.',
    edits: [
      {
        file: namespaceSlots,
        find: `waitingMarks.written(newMarks);`,
        replace: `waitingMarks.written(waitingMarks.snapshot());`,
      },
    ],
    climate: 'edited',
    expects: 'violation',
    seeds: 200,
  },
  {
    name: 'recovery-trusts-the-watch-of-workflows',
    rule: 'After a lost journal nobody goes by what a watch had shown of workflows before its recovery.',
    edits: [
      {
        file: usableJournal,
        find: `const workflows = seenThrough(journal, listed.revision);
    return renewed(journal, { ...journal, compactedThrough, workflows, recovering: false }`,
        replace: `return renewed(journal, { ...journal, compactedThrough, recovering: false }`,
      },
    ],
    climate: 'edited',
    expects: 'violation',
    seeds: 400,
  },
  {
    name: 'new-history-trusts-the-watch-of-workflows',
    rule: 'When history went backwards, nobody goes by what a watch had shown of workflows before.',
    edits: [
      {
        file: usableJournal,
        find: `const workflows = seenThrough(journal, listed.revision);
    return renewed(journal, { ...journal, compactedThrough: listed.revision, workflows }`,
        replace: `return renewed(journal, { ...journal, compactedThrough: listed.revision }`,
      },
    ],
    climate: 'edited',
    expects: 'violation',
    seeds: 4000,
  },
  {
    name: 'workflows-believed-while-disconnected',
    rule: 'While the watch of workflows is away, nothing vouches for what it had shown.',
    edits: [
      {
        file: virtualWatch,
        find: `workflows?.connected === true ? workflowsSeenAt : '0'`,
        replace: `workflowsSeenAt`,
      },
    ],
    climate: 'edited',
    expects: 'violation',
    seeds: 1500,
  },
  {
    name: 'workflows-seen-far-ahead',
    rule: 'A watch of workflows has seen as far as it was shown, and no further.',
    edits: [
      {
        file: virtualWatch,
        find: `workflows?.connected === true ? workflowsSeenAt : '0'`,
        replace: `workflows?.connected === true ? String(server.revision) : '0'`,
      },
    ],
    climate: 'edited',
    expects: 'violation',
    seeds: 300,
  },
  {
    name: 'seen-uids-stay-in-the-journal',
    rule: 'Every write drops all it can.',
    edits: [
      {
        file: planBatch,
        find: `const write = book.touched
    ? { ...journal, workflows, reservations: [...book.reservations.values()] }
    : undefined;`,
        replace: `const kept = facts.journal.reservations.map((entry) => {
    const now = book.reservations.get(keyOf(entry));
    return { ...entry, uids: [...new Set([...entry.uids, ...(now?.uids ?? [])])] };
  });
  const fresh = [...book.reservations.values()].filter((entry) => !kept.some((old) => keyOf(old) === keyOf(entry)));
  const write = book.touched ? { ...facts.journal, workflows, reservations: [...kept, ...fresh] } : undefined;`,
      },
    ],
    climate: 'calm',
    expects: 'lost-slots',
    seeds: 100,
  },
  {
    name: 'compacted-through-raised-to-the-view',
    rule: 'compactedThrough is never raised to a list or a bookmark, which an idle watch would not reach.',
    edits: [
      {
        file: compactJournal,
        find: 'compactedThrough = laterResourceVersion(compactedThrough, seenAt);',
        replace: 'compactedThrough = laterResourceVersion(compactedThrough, view.revision);',
      },
    ],
    climate: 'calm',
    expects: 'slow',
    seeds: 2000,
  },
  {
    name: 'no-memory-of-seen-uids',
    rule: 'A uid that was seen is remembered, though its execution has settled or is gone.',
    edits: [
      {
        file: seenExecutions,
        find: 'remember(revisions, uid, resourceVersion, capacity);',
        replace: 'remember(revisions, uid, resourceVersion, 0);',
      },
    ],
    climate: 'calm',
    expects: 'unjustified',
    seeds: 100,
  },
  {
    name: 'no-answer-that-the-name-exists',
    rule: 'A create whose name exists is answered 409, and reserves nothing.',
    edits: [{ file: nameArbiter, find: 'if (request.apply ||', replace: 'if (true ||' }],
    climate: 'calm',
    expects: 'unjustified',
    seeds: 100,
  },
  {
    name: 'no-wait-for-a-name',
    rule: 'A create whose name is being created waits for that outcome.',
    edits: [{ file: nameArbiter, find: 'await outcome(request);', replace: '' }],
    climate: 'calm',
    expects: 'unjustified',
    seeds: 800,
  },
  {
    name: 'two-creates-of-a-name-in-a-batch',
    rule: 'A batch holds one create of a name.',
    edits: [
      { file: namespaceSlots, find: 'if (!request.apply && names.has(request.name))', replace: 'if (false)' },
    ],
    climate: 'busy',
    expects: 'unjustified',
    seeds: 2000,
  },
  {
    name: 'a-name-is-asked-for-once',
    rule: 'After a conflict the name is asked for again.',
    edits: [
      {
        file: nameArbiter,
        find: "return creates !== '' && creates !== request.clearedFor;",
        replace: "return creates !== '' && request.clearedFor === undefined;",
      },
    ],
    climate: 'calm',
    expects: 'unjustified',
    seeds: 200,
  },
  {
    name: 'no-asking-before-a-denial',
    rule: 'Before a denial because of a uid in doubt, the uid is asked for.',
    edits: [
      {
        file: namespaceSlots,
        find: 'request.doubtsAsked ? [] :',
        replace: 'true ? [] :',
      },
    ],
    climate: 'failing',
    expects: 'unjustified',
    seeds: 100,
  },
  {
    name: 'no-list-when-the-watch-is-stuck',
    rule: 'Before a denial while the watch may be stuck, a list is asked for.',
    edits: [
      {
        file: namespaceSlots,
        find: 'if (listed || request.wantsList || !environment.watchMayBeStuck()) return false;',
        replace: 'return false;',
      },
    ],
    climate: 'stuck-watch',
    expects: 'unjustified',
    seeds: 100,
  },
];

/** Those that the simulation must notice within their seeds. */
export const mutations: readonly Mutation[] = allMutations.filter(
  ({ name }) => unitTests[name] === undefined,
);

/** Those that a unit test notices, and the simulation with as many seeds as one likes. */
export const rareMutations: readonly RareMutation[] = allMutations.flatMap((mutation) => {
  const caughtBy = unitTests[mutation.name];
  return caughtBy === undefined ? [] : [{ ...mutation, caughtBy }];
});

/** Rules of ours that another rule makes good for: leaving one of them out alone changes no outcome. */
export const spareRules: readonly SpareRule[] = [
  {
    name: 'seen-in-the-other-history',
    rule: 'When history went backwards, nothing that was seen counts.',
    edits: [{ file: slotKeeper, find: 'seen.clear();', replace: '' }],
    why: 'An uid that was seen in the other history has no create under way any more, and memory counts only in views at or past; forgetting it gives its slot back sooner.',
  },
  {
    name: 'cache-of-the-other-history',
    rule: 'When history went backwards, the cache does not count until a new complete list has replaced it.',
    edits: [{ file: usableJournal, find: 'if (options.cacheDistrusted() ||', replace: 'if (' }],
    why: 'Only a list counts while the watch is away, and a restore breaks every watch; this rule is for one that does not notice.',
  },
  {
    name: 'settled-frees-after-a-lifetime-only',
    rule: 'A read that shows that very uid settled frees it at once.',
    edits: [
      {
        file: doubtResolver,
        find: 'if (isThatVery ? state.settled : expired)',
        replace: 'if (expired && (!isThatVery || state.settled))',
      },
    ],
    why: 'The read is remembered as a sighting, and the list that is asked before a denial is a view at or past it.',
  },
];
