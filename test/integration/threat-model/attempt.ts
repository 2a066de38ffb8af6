import type { UserName } from '../../cluster/control-plane.ts';
import type { Ground } from './ground.ts';
import type { GuardName } from './guards.ts';

/** One way in which somebody may try to run a step that nobody approved. A row of docs/threat-model.md. */
export interface Attempt {
  /** What is tried, in a sentence that needs no subject. */
  readonly attempt: string;
  /** Who tries. */
  readonly user: UserName | 'neighbour';
  /** What stops it; without this guard the attempt succeeds. */
  readonly guard: GuardName;
  /**
   * It rests on answers that are kept for seconds: without its guard it may fail on a machine that is too slow, and is
   * tried again.
   */
  readonly needsHaste?: true;
  /** What is there before the API server asks us. */
  readonly before?: (ground: Ground) => Promise<void>;
  /** Sets the stage and tries. Refusals of what is tried are recorded; anything else rejects. */
  readonly run: (ground: Ground) => Promise<void>;
  /** Whether an unapproved step runs now. By default: whether an execution made by `Ground.execute` exists. */
  readonly succeeded?: (ground: Ground) => Promise<boolean>;
}
