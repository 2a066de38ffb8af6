/** The times of an election, in milliseconds. Defaults and meaning as in client-go's `leaderelection`. */
export interface LeaderElectionTimes {
  /** Others take a lease that they have not seen change for so long; default 15,000. Written in whole seconds. */
  readonly leaseDurationMilliseconds: number;
  /** A leader that has not renewed for so long leads no more; default 10,000, less than the lease's duration. */
  readonly renewDeadlineMilliseconds: number;
  /** How often the leader renews, and how often others look at least; default 2,000. */
  readonly retryPeriodMilliseconds: number;
}

/** client-go's defaults. */
export const defaultLeaderElectionTimes: LeaderElectionTimes = {
  leaseDurationMilliseconds: 15_000,
  renewDeadlineMilliseconds: 10_000,
  retryPeriodMilliseconds: 2_000,
};

/** Spreads the looks of candidates. Source: client-go's `JitterFactor`. */
export const jitterFactor = 1.2;

/**
 * The times with defaults for what is not given.
 * @throws RangeError for times with which two could lead, or none for long
 */
export function leaderElectionTimes(given: Partial<LeaderElectionTimes> = {}): LeaderElectionTimes {
  const times = { ...defaultLeaderElectionTimes, ...given };
  const { leaseDurationMilliseconds, renewDeadlineMilliseconds, retryPeriodMilliseconds } = times;
  if (!(leaseDurationMilliseconds > renewDeadlineMilliseconds)) {
    throw new RangeError('The duration of a lease must be longer than the deadline for its renewal');
  }
  if (!(renewDeadlineMilliseconds > jitterFactor * retryPeriodMilliseconds && retryPeriodMilliseconds > 0)) {
    throw new RangeError(`The deadline for a renewal must be longer than ${jitterFactor} retry periods`);
  }
  return times;
}
