/**
 * This process does not lead any more although it wanted to: it could not renew its lease in time, or somebody
 * else has it. Another one may lead now, so nothing may be done that was begun before.
 */
export class LeadershipLostError extends Error {
  readonly code = 'LeadershipLost';

  constructor(message: string) {
    super(message);
    this.name = 'LeadershipLostError';
  }
}

/** The candidate was stopped. */
export class CandidateStoppedError extends Error {
  readonly code = 'CandidateStopped';

  constructor() {
    super('The candidate was stopped');
    this.name = 'CandidateStoppedError';
  }
}
