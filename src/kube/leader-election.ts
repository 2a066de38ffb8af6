import type { Clock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeLogger } from './kube-logger.ts';
import { isKubeStatus, KubeStatusError } from './kube-status-error.ts';
import { jitterFactor, type LeaderElectionTimes, leaderElectionTimes } from './leader-election-times.ts';
import { CandidateStoppedError, LeadershipLostError } from './leadership-errors.ts';
import { heldSpec, holderOf, releasedSpec } from './lease.ts';
import { createLeaseObservation, type LeaseObservation } from './lease-observation.ts';
import { createLeaseStore, type LeaseStore } from './lease-store.ts';
import { type LeaseWatch, watchLease } from './lease-watch.ts';

/** Which lease is fought for, by whom. */
export interface LeaderElectionOptions {
  /** Must not be held back by a rate limit. */
  readonly client: KubeClient;
  /** Of the Lease. */
  readonly namespace: string;
  readonly name: string;
  /** No other process may ever have the same, not even this one's predecessor. */
  readonly identity: string;
  readonly clock: Clock;
  /** The time of day, for people who read the lease. It decides nothing. */
  readonly date: () => Date;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger?: KubeLogger;
  /** What differs from the defaults. */
  readonly times?: Partial<LeaderElectionTimes>;
  /** Tells that the lease is free, so that nobody need wait to see it; default a watch of the lease. */
  readonly watch?: LeaseWatch;
}

/** One process's part in an election. */
export interface LeaderElection {
  /** Resolves when this process leads. Rejects with CandidateStoppedError when it was stopped before. */
  elected(): Promise<void>;
  /** True while nobody else can lead. Asks the clock, so that a process that was paused is not fooled. */
  readonly leading: boolean;
  /**
   * Aborted for good when this process leads no more and will not again: with LeadershipLostError, or with
   * CandidateStoppedError after `stop`. It happens before another process can lead.
   */
  readonly ended: AbortSignal;
  /** Who held the lease when it was last seen. */
  readonly holder: string | undefined;
  /** Ends the candidacy; a leader gives its lease back, so that another takes it at once. Call it when all work is over. */
  stop(): Promise<void>;
}

/**
 * Takes part in an election over a Lease, once: who has lost cannot lead again, because what it began before has
 * nobody to answer for it. Start anew, best with the process.
 * @throws RangeError for times with which two could lead
 */
export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Candidate(options, leaderElectionTimes(options.times));
}

class Candidate implements LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #times: LeaderElectionTimes;
  readonly #store: LeaseStore;
  readonly #observation: LeaseObservation;
  readonly #elected = Promise.withResolvers<void>();
  readonly #ended = new AbortController();
  readonly #finished: Promise<void>;
  readonly #endWatch: () => Promise<void>;
  /** Until when the lease is ours, on the clock's `now`. */
  #leadsUntil: number | undefined;
  /** A write that takes the lease was sent, and may have been done. */
  #mayHold = false;
  #cancelDeadline: () => void = () => {};
  #wakeUp: (() => void) | undefined;
  #woken = false;
  #holderLogged: string | undefined;

  constructor(options: LeaderElectionOptions, times: LeaderElectionTimes) {
    this.#options = options;
    this.#times = times;
    // A connection that is dead leaves time for a second one.
    const timeoutMilliseconds = times.renewDeadlineMilliseconds / 2;
    this.#store = createLeaseStore({ ...options, timeoutMilliseconds });
    this.#observation = createLeaseObservation(options.clock, times.leaseDurationMilliseconds);
    this.#elected.promise.catch(() => {}); // nobody need wait for it
    this.#endWatch = (options.watch ?? watchLease(options))(() => {
      this.#woken = true;
      this.#wakeUp?.();
    });
    this.#finished = this.#run();
  }

  get leading(): boolean {
    const { signal } = this.#ended;
    return this.#leadsUntil !== undefined && !signal.aborted && this.#options.clock.now() < this.#leadsUntil;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get holder(): string | undefined {
    return holderOf(this.#observation.lease);
  }

  elected(): Promise<void> {
    return this.#elected.promise;
  }

  async stop(): Promise<void> {
    this.#end(new CandidateStoppedError());
    await this.#endWatch();
    await this.#finished;
  }

  async #run(): Promise<void> {
    const ended = this.#ended.signal;
    while (!ended.aborted && !(await this.#tryToTake())) await this.#waitForChance();
    if (this.leading) {
      this.#options.logger?.info({ lease: this.#options.name }, 'This process leads');
      this.#elected.resolve();
    }
    while (!ended.aborted) {
      await this.#pause(this.#times.retryPeriodMilliseconds);
      if (!ended.aborted) await this.#renew();
    }
    if (ended.reason instanceof CandidateStoppedError && this.#mayHold) await this.#release();
  }

  /** True when this process leads now. */
  async #tryToTake(): Promise<boolean> {
    const { identity } = this.#options;
    try {
      this.#observation.see(await this.#store.read(this.#ended.signal));
      this.#logHolder();
      if (this.#observation.heldUntil(identity) !== undefined) return false;
      await this.#hold();
      return this.leading;
    } catch (error) {
      this.#tellFailure(error, 'The lease could not be taken');
      return false;
    }
  }

  async #renew(): Promise<void> {
    try {
      await this.#hold();
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      this.#tellFailure(error, 'The lease could not be renewed');
      if (isKubeStatus(error, 409) || isKubeStatus(error, 404)) await this.#lookWhoHolds();
    }
  }

  /** A write of ours whose answer was lost is the harmless reason for a conflict. */
  async #lookWhoHolds(): Promise<void> {
    try {
      const lease = await this.#store.read(this.#ended.signal);
      this.#observation.see(lease);
      const mine = holderOf(lease) === this.#options.identity;
      if (!mine) this.#end(new LeadershipLostError(`${holderOf(lease) ?? 'nobody'} holds the lease now`));
      else this.#woken = true;
    } catch (error) {
      this.#tellFailure(error, 'The lease could not be read');
    }
  }

  /** Takes or renews the lease. The deadline counts from before the write, since others count from after it. */
  async #hold(): Promise<void> {
    const { clock, identity, date } = this.#options;
    const { lease } = this.#observation;
    const spec = heldSpec(lease?.spec, identity, this.#times.leaseDurationMilliseconds, date());
    const sentAt = clock.now();
    this.#mayHold = true;
    try {
      this.#observation.see(await this.#store.write(lease, spec, this.#ended.signal));
    } catch (error) {
      if (error instanceof KubeStatusError && this.#leadsUntil === undefined) this.#mayHold = false;
      throw error;
    }
    if (this.#ended.signal.aborted) return;
    const leadsUntil = sentAt + this.#times.renewDeadlineMilliseconds;
    // A process that was paused before it led has lost nothing yet.
    if (this.#leadsUntil === undefined && leadsUntil <= clock.now()) return;
    this.#leadsUntil = leadsUntil;
    this.#keepDeadline();
  }

  #keepDeadline(): void {
    this.#cancelDeadline();
    const left = (this.#leadsUntil ?? 0) - this.#options.clock.now();
    if (left <= 0) this.#end(new LeadershipLostError('The lease was not renewed in time'));
    else this.#cancelDeadline = this.#options.clock.setTimer(left, () => this.#keepDeadline());
  }

  #end(reason: LeadershipLostError | CandidateStoppedError): void {
    if (this.#ended.signal.aborted) return;
    this.#cancelDeadline();
    if (reason instanceof LeadershipLostError) {
      this.#options.logger?.error({ lease: this.#options.name, err: reason }, 'Leadership was lost');
    }
    this.#ended.abort(reason);
    this.#elected.reject(reason);
  }

  async #release(): Promise<void> {
    const { date, identity, logger, name } = this.#options;
    try {
      await this.#store.change((lease) =>
        holderOf(lease) === identity ? releasedSpec(lease?.spec, date()) : undefined,
      );
      logger?.info({ lease: name }, 'The lease was given back');
    } catch (error) {
      logger?.warn({ lease: name, err: error }, 'The lease could not be given back; it will run out');
    }
  }

  async #waitForChance(): Promise<void> {
    const { clock, identity, random } = this.#options;
    const look = this.#times.retryPeriodMilliseconds * (1 + jitterFactor * random());
    const until = this.#observation.heldUntil(identity);
    await this.#pause(until === undefined ? look : Math.min(look, until - clock.now()));
  }

  /** Until the time is over, the lease is free or this process is stopped. */
  async #pause(milliseconds: number): Promise<void> {
    const waking = new AbortController();
    this.#wakeUp = () => waking.abort();
    if (!this.#woken) {
      const signal = AbortSignal.any([waking.signal, this.#ended.signal]);
      await this.#options.clock.sleep(milliseconds, signal).catch(() => {});
    }
    this.#wakeUp = undefined;
    this.#woken = false;
  }

  #logHolder(): void {
    const { logger, name } = this.#options;
    if (this.holder === this.#holderLogged) return;
    this.#holderLogged = this.holder;
    logger?.info({ lease: name, holder: this.holder }, 'The holder of the lease was seen');
  }

  #tellFailure(error: unknown, message: string): void {
    // A conflict is how an election is lost.
    if (this.#ended.signal.aborted || isKubeStatus(error, 409)) return;
    this.#options.logger?.warn({ lease: this.#options.name, err: error }, message);
  }
}
