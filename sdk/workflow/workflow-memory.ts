import { hasReached } from '../../src/api/resource-version.ts';
import { type Backoff, createBackoff } from '../../src/kube/backoff.ts';
import { LastWritten } from '../controller/last-written.ts';
import type { CachedExecution } from './cached-execution.ts';
import type { CachedWorkflow } from './cached-workflow.ts';
import type { GateAnswer, Obstacle } from './plan-facts.ts';

/** What this process has created and its cache has not shown yet. */
export interface Expectation {
  readonly execution: CachedExecution;
  /** On the clock. */
  readonly since: number;
}

/** The gate's last refusal. */
export interface ClosedGate {
  readonly answer: Exclude<GateAnswer, { readonly kind: 'open' }>;
  /** The state of the workflow that it holds for. */
  readonly token: string;
  /** On the clock: asked again then, though nothing has changed; undefined: only after a change. */
  readonly askAgainAt: number | undefined;
}

/** An obstacle, and until when it is believed. */
interface TimedObstacle {
  readonly obstacle: Obstacle;
  /** On the clock; undefined: for ever. */
  readonly until: number | undefined;
}

/**
 * So long may a status lack how far the steps are, in milliseconds: until no slot has become free for a moment, and no
 * longer than `longest`, or than so much for each step. Steps that run side by side tend to end together: one write tells of
 * them all, and the next step waits for the answer to none. A large status costs the API server much.
 */
const unsaid = { quiet: 50, longest: 250, longestPerStep: 2 };

const waits = { initialMilliseconds: 50, maximumMilliseconds: 10_000, factor: 2 };

/**
 * What a process remembers of one live workflow: only what spares requests, or bridges the time until its caches show
 * what it has done. Nothing here is needed after a crash.
 */
export class WorkflowMemory {
  readonly uid: string;
  readonly written = new LastWritten<CachedWorkflow>();
  /** By name. */
  readonly expectations = new Map<string, Expectation>();
  /** Executions that a quorum read has not found. */
  readonly gone = new Set<string>();
  /** Deleted executions as they were last seen, until the status has it. By name. */
  readonly departed = new Map<string, CachedExecution>();
  /** When an execution was seen to settle, until the status has it: RFC 3339, by uid. Not everybody who settles says when. */
  readonly settledAt = new Map<string, string>();
  /** Since when a step could run and has no execution: on the clock, by the number of the step. */
  queuedSince: ReadonlyMap<string, number> = new Map();
  gate: ClosedGate | undefined;
  /** Counts changes that may have freed a slot. */
  freed = 0;
  /** Reconciles in a row in which a create failed for no reason of its own. */
  troubles = 0;
  /** What the gauges show. */
  counts = { active: 0, queued: 0, running: false };
  readonly #obstacles = new Map<string, TimedObstacle>();
  readonly #random: () => number;
  // Most workflows never need one.
  #slotWaits: Backoff | undefined;
  #gateWaits: Backoff | undefined;
  #slotsTakenUntil = 0;
  #unsaid: { readonly since: number; readonly changed: number; readonly freed: number } | undefined;
  #generation: number | undefined;

  constructor(uid: string, random: () => number) {
    this.uid = uid;
    this.#random = random;
  }

  /** An edit may have removed what was in the way. */
  sees({ metadata: { generation } }: CachedWorkflow): void {
    if (this.#generation === generation) return;
    this.#generation = generation;
    this.#obstacles.clear();
  }

  /** Forgets what the cache, which has seen everything up to `resourceVersion`, knows better. */
  settleExpectations(resourceVersion: string | undefined): void {
    if (resourceVersion === undefined) return;
    for (const [name, { execution }] of this.expectations)
      if (hasReached(resourceVersion, execution.metadata.resourceVersion)) this.expectations.delete(name);
  }

  /** Something has settled or is gone: who was refused a slot, or stood behind another execution, may ask again. */
  slotFreed(): void {
    this.freed += 1;
    this.#slotsTakenUntil = 0;
    this.#slotWaits?.reset();
    for (const [name, { until }] of this.#obstacles) if (until !== undefined) this.#obstacles.delete(name);
  }

  /** A create was refused; `freed` is the count from before it was sent. */
  slotRefused(now: number, freed: number): void {
    if (freed !== this.freed || this.#slotsTakenUntil > now) return;
    this.#slotWaits ??= createBackoff(waits, this.#random);
    this.#slotsTakenUntil = now + this.#slotWaits.next();
  }

  slotGranted(): void {
    this.#slotWaits?.reset();
  }

  /** Whoever was told so looks again, however long what it does meanwhile takes: see `nextLook`. */
  slotsTaken(now: number): boolean {
    if (now >= this.#slotsTakenUntil) this.#slotsTakenUntil = 0;
    return this.#slotsTakenUntil !== 0;
  }

  /** @param repeat whether to ask again, although nothing will have changed */
  gateClosed(answer: ClosedGate['answer'], token: string, now: number, repeat: boolean): void {
    const { gate } = this;
    // Creates that were sent together are refused together: one wait for them all.
    const same = gate?.token === token && (gate.askAgainAt ?? now) > now;
    if (same && repeat) return;
    this.#gateWaits ??= createBackoff(waits, this.#random);
    this.gate = { answer, token, askAgainAt: repeat ? now + this.#gateWaits.next() : undefined };
  }

  gateOpened(): void {
    this.gate = undefined;
    this.#gateWaits?.reset();
  }

  /** Milliseconds until what the status of so many steps lacks should be written; zero: now. */
  statusDue(now: number, steps: number): number {
    if (this.#unsaid?.freed !== this.freed)
      this.#unsaid = { since: this.#unsaid?.since ?? now, changed: now, freed: this.freed };
    const { since, changed } = this.#unsaid;
    const longest = Math.max(unsaid.longest, steps * unsaid.longestPerStep);
    return Math.max(0, Math.ceil(Math.min(changed + unsaid.quiet, since + longest) - now));
  }

  /** The status lacks nothing. */
  statusSaid(): void {
    this.#unsaid = undefined;
  }

  hinder(name: string, obstacle: Obstacle, until?: number): void {
    this.#obstacles.set(name, { obstacle, until });
  }

  obstacles(now: number): ReadonlyMap<string, Obstacle> {
    const standing = new Map<string, Obstacle>();
    for (const [name, { obstacle, until }] of this.#obstacles) {
      if (until !== undefined && until <= now) this.#obstacles.delete(name);
      else standing.set(name, obstacle);
    }
    return standing;
  }

  /** Milliseconds until something is to be tried again that no event will announce. */
  nextLook(now: number): number | undefined {
    const times = [
      ...(this.#slotsTakenUntil === 0 ? [] : [this.#slotsTakenUntil]),
      ...(this.gate?.askAgainAt === undefined ? [] : [this.gate.askAgainAt]),
      ...[...this.#obstacles.values()].flatMap(({ until }) => until ?? []),
    ];
    return times.length === 0 ? undefined : Math.max(1, Math.ceil(Math.min(...times) - now));
  }
}
