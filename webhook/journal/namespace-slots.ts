import type { Clock } from '../../src/kube/clock.ts';
import type { ActiveExecutionCache } from './active-execution-cache.ts';
import { createBatchPace } from './batch-pace.ts';
import { createDoubtResolver } from './doubt-resolver.ts';
import type { ExecutionReader, ObservedExecution } from './execution-view.ts';
import {
  ExecutionsUnreadableError,
  JournalConflictError,
  NamespaceOverError,
  SlotsUnavailableError,
} from './journal-errors.ts';
import { createJournalHolder, type JournalHolder } from './journal-holder.ts';
import type { JournalMetrics } from './journal-metrics.ts';
import type { JournalStore } from './journal-store.ts';
import { eachReservedUid, type Journal } from './journal.ts';
import { createMarkWatch, type MarkWatchOptions } from './mark-watch.ts';
import { createNameArbiter } from './name-arbiter.ts';
import { planBatch, type Decision } from './plan-batch.ts';
import type { SeenExecutions } from './seen-executions.ts';
import type { SlotOutcome, SlotRequest } from './slot-request.ts';
import { createUsableJournal, type JournalAndView } from './usable-journal.ts';
import { createWaitingMarks } from './waiting-marks.ts';
import { createWaitingRequest, type Obstacle, type WaitingRequest } from './waiting-request.ts';
import type { NewMark } from './workflow-marks.ts';

/** Requests that may wait in a namespace; more are refused, so that memory stays bounded. */
const maxWaiting = 5_000;
/** Requests that one write carries at most. */
const maxBatch = 500;
/** Between two tries after the API server could not do what was asked. */
const retryMilliseconds = 50;
/** After a lost race the watch shows the winner's journal sooner than a read would; but not for ever. */
const winnerMilliseconds = 50;

/** What is in the way where nothing was said to be. */
const noObstacle: Obstacle = {
  reason: 'JournalUnwritable',
  message: 'the slot journal was not written in time',
};

/** What all namespaces of a replica share. */
export interface SlotsEnvironment extends Pick<MarkWatchOptions, 'workflowRevision' | 'shownRevision'> {
  readonly store: JournalStore;
  readonly reader: ExecutionReader;
  readonly cache: ActiveExecutionCache;
  readonly seen: SeenExecutions;
  readonly clock: Clock;
  readonly metrics: JournalMetrics;
  /** max-parallel-steps in force. Hot. */
  readonly limit: () => number;
  /** reservation-lifetime in force. Hot. */
  readonly lifetimeMilliseconds: () => number;
  /** RFC 3339, for the reader of the journal. */
  readonly wallClock: () => string;
  /** Resolves when the requests that are arriving just now have arrived, so that they share a write. */
  readonly gather: (waiting: number) => Promise<void>;
  /** False from the loss of the watch until a complete list has replaced the cache. */
  readonly watchConnected: () => boolean;
  /** True when the watch may be stuck: silent for a while. */
  readonly watchMayBeStuck: () => boolean;
  /** True while the cache shows a history that was taken back. */
  readonly cacheDistrusted: () => boolean;
  readonly onHistoryBackwards: (namespace: string) => void;
  /** Everybody who waited in the namespace is answered. */
  readonly onRest: (namespace: string) => void;
}

/** The slots of one namespace. */
export interface NamespaceSlots {
  readonly holder: JournalHolder;
  /** True where no journal is known and nobody waits: nothing is lost with it. */
  readonly isSpare: boolean;
  /** Answers exactly, or rejects with SlotsUnavailableError at the request's deadline. */
  request(request: SlotRequest): Promise<SlotOutcome>;
  /** Resolves when the mark is in the journal, or nothing can be created; rejects as `request` does. */
  mark(mark: NewMark, deadline: number): Promise<void>;
  /** The watch of SlotJournals has shown it. */
  journalObserved(journal: Journal): void;
  /** The watch has shown an execution. */
  executionSeen(execution: ObservedExecution): void;
}

/**
 * Decides the creates of one namespace. All that wait are one batch and cost one write of the journal,
 * whatever workflows they are for; denials cost none.
 */
export function createNamespaceSlots(namespace: string, environment: SlotsEnvironment): NamespaceSlots {
  const { clock, store, metrics, seen } = environment;
  const historyBackwards = (): void => environment.onHistoryBackwards(namespace);
  const holder = createJournalHolder({
    ...environment,
    namespace,
    onHistoryBackwards: historyBackwards,
    onAdopted(journal) {
      arbiter.journalAdopted(journal);
      marks.follow(journal);
      pace.reserved(unseenUids(journal));
      winnerShown?.();
    },
    onLost: () => metrics.restarted('lost'),
    onOver: () => marks.follow({}),
  });
  const shared = { ...environment, namespace, store, holder };
  const arbiter = createNameArbiter(shared);
  const resolver = createDoubtResolver(shared);
  const marks = createMarkWatch({
    ...shared,
    onManyOutlived() {
      untidy = true;
      arrived();
    },
  });
  const usableJournal = createUsableJournal({
    ...shared,
    onDegraded: () => metrics.degraded(),
    onHistoryBackwards: () => {
      metrics.restarted('history-backwards');
      historyBackwards();
    },
  });

  function* unseenUids(journal: Journal): Generator<string> {
    for (const { uid } of eachReservedUid(journal)) if (seen.seenAt(uid) === undefined) yield uid;
  }

  const queue: WaitingRequest[] = [];
  const waitingMarks = createWaitingMarks(clock, () => obstacle);
  const pace = createBatchPace(environment, () => queue.length);
  let running = false;
  /** The journal is to be written without what is no longer needed in it, though nobody waits. */
  let untidy = false;
  /** While we write, it may be our own journal that the watch shows. */
  let writing = false;
  let winnerShown: (() => void) | undefined;
  let obstacle = noObstacle;

  function enqueue(request: WaitingRequest): void {
    if (request.answered) return;
    queue.push(request);
    arrived();
  }

  function arrived(): void {
    pace.arrived();
    if (!running) void run();
  }

  async function run(): Promise<void> {
    running = true;
    while (queue.length > 0 || waitingMarks.size > 0 || untidy) {
      await pace.ready();
      await settle(takeBatch());
      void resolver.ask(resolver.expired());
      void marks.sweep();
    }
    running = false;
    environment.onRest(namespace);
  }

  /** One create of a name at a time: the next one is judged by the outcome of the first. */
  function takeBatch(): WaitingRequest[] {
    const names = new Set<string>();
    const batch: WaitingRequest[] = [];
    const later: WaitingRequest[] = [];
    for (const request of queue.splice(0, maxBatch)) {
      if (!request.apply && names.has(request.name)) later.push(request);
      else batch.push(request);
      names.add(request.name);
    }
    queue.unshift(...later);
    return batch;
  }

  /** Tries until every request of the batch is answered, put aside to be asked about, or out of time. */
  async function settle(batch: readonly WaitingRequest[]): Promise<void> {
    let waiting = batch;
    const parked = new Set<WaitingRequest>();
    for (;;) {
      waiting = waiting.filter((request) => !request.answered && !parked.has(request));
      const tidy = untidy;
      if (waiting.length === 0 && waitingMarks.size === 0 && !tidy) return;
      untidy = false;
      try {
        const usable = await usableJournal({
          fresh: waiting.some((request) => request.dryRun),
          readOnly: !tidy && waitingMarks.size === 0 && waiting.every((request) => request.dryRun),
          wantsList: waiting.some((request) => request.wantsList),
        });
        // Reading took time: who was answered at the deadline meanwhile must not be given a slot.
        waiting = waiting.filter((request) => !request.answered && !putAsideIfContested(request, usable));
        await decide(waiting, usable, parked, tidy);
        obstacle = noObstacle;
        return;
      } catch (error) {
        if (error instanceof JournalConflictError) {
          metrics.conflicted();
          pace.overtaken();
          await winner();
        } else if (!(await mayTryAgain(error, waiting))) return;
      }
    }
  }

  function putAsideIfContested(request: WaitingRequest, { journal }: JournalAndView): boolean {
    if (!arbiter.isContested(request, journal)) return false;
    void arbiter.resolve(request).then(() => enqueue(request));
    return true;
  }

  /** Requests that are asked about before their denial are `parked`, and come again by the queue. */
  async function decide(
    requests: readonly WaitingRequest[],
    usable: JournalAndView,
    parked: Set<WaitingRequest>,
    tidy: boolean,
  ): Promise<void> {
    const { journal, base, view } = usable;
    const uids = { seenAt: seen.seenAt, isFree: holder.doubts.isFree };
    // What came while a dry run was looked at is for the next batch.
    const newMarks = base === undefined ? [] : waitingMarks.snapshot();
    const reservedAt = environment.wallClock();
    const plan = planBatch({
      namespace,
      view,
      journal,
      uids,
      newMarks,
      marks,
      tidy,
      limit: environment.limit(),
      reservedAt,
      requests,
    });
    const [standing, hanging] = partition(plan.decisions, (decision) => decision.standing);
    for (const decision of standing) if (!answer(decision, usable)) parked.add(decision.request);
    if (plan.refusedMarks.length > 0) waitingMarks.refuse(plan.refusedMarks, journalFull());
    if (plan.write !== undefined && base !== undefined) {
      const since = clock.now();
      writing = true;
      try {
        await holder.write(base, plan.write);
        pace.wrote(clock.now() - since);
      } finally {
        writing = false;
      }
      metrics.written(hanging.length);
      waitingMarks.written(newMarks);
    }
    for (const decision of hanging) answer(decision, usable);
  }

  /** After a lost race: until the watch has shown the winner's journal. If it does not, a read will. */
  async function winner(): Promise<void> {
    if (holder.copy !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    winnerShown = resolve;
    const cancel = clock.setTimer(winnerMilliseconds, resolve);
    await promise;
    cancel();
    winnerShown = undefined;
  }

  /** False when a denial is not given yet. */
  function answer({ request, outcome }: Decision<WaitingRequest>, usable: JournalAndView): boolean {
    if (outcome.kind === 'journalFull') {
      request.fail(journalFull());
      return true;
    }
    if (outcome.kind === 'limitReached' && askedBeforeDenial(request, usable)) return false;
    request.settle(outcome);
    return true;
  }

  /** What was refused for want of time elsewhere must not be written down here. */
  function requireTime(deadline: number): void {
    if (deadline > clock.now()) return;
    throw new SlotsUnavailableError(obstacle.reason, obstacle.message);
  }

  function journalFull(): SlotsUnavailableError {
    return new SlotsUnavailableError(
      'JournalFull',
      `the slot journal of namespace ${namespace} is full: too many creates or edits were admitted that did not come about yet`,
    );
  }

  /** A denial is asked about first where it may rest on a create that failed, or on a watch that is stuck. */
  function askedBeforeDenial(request: WaitingRequest, { listed }: JournalAndView): boolean {
    const doubts = request.doubtsAsked ? [] : resolver.worthAsking(request.workflow);
    if (doubts.length > 0) {
      request.doubtsAsked = true;
      void resolver.ask(doubts).then(() => enqueue(request));
      return true;
    }
    if (listed || request.wantsList || !environment.watchMayBeStuck()) return false;
    request.wantsList = true;
    enqueue(request);
    return true;
  }

  async function mayTryAgain(error: unknown, requests: readonly WaitingRequest[]): Promise<boolean> {
    if (error instanceof SlotsUnavailableError) {
      for (const request of requests) request.fail(error);
      waitingMarks.fail(error);
      return false;
    }
    // Nothing can be created in it, on whatever approval.
    if (error instanceof NamespaceOverError) waitingMarks.written(waitingMarks.snapshot());
    const message = error instanceof Error ? error.message : String(error);
    obstacle = {
      reason: error instanceof ExecutionsUnreadableError ? 'WatchBehind' : 'JournalUnwritable',
      message: `the slot journal of namespace ${namespace}: ${message}`,
    };
    await clock.sleep(retryMilliseconds);
    return true;
  }

  return {
    holder,
    get isSpare() {
      return !holder.known && !running && queue.length === 0 && waitingMarks.size === 0;
    },
    async request(request) {
      if (queue.length >= maxWaiting) {
        throw new SlotsUnavailableError(
          'TooManyWaiting',
          `${maxWaiting} creates are waiting in namespace ${namespace}`,
        );
      }
      requireTime(request.deadline);
      const waiting = createWaitingRequest(request, clock, () => obstacle);
      enqueue(waiting);
      return waiting.answer;
    },
    async mark(mark, deadline) {
      requireTime(deadline);
      const written = waitingMarks.add(mark, deadline);
      arrived();
      await written;
    },
    journalObserved(journal) {
      const before = holder.copy;
      holder.observed(journal);
      if (!writing && holder.copy !== before) pace.overtaken();
    },
    executionSeen({ name, uid }) {
      arbiter.nameSeen(name);
      pace.seen(uid);
    },
  };
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  const groups = Map.groupBy(items, isFirst);
  return [groups.get(true) ?? [], groups.get(false) ?? []];
}
