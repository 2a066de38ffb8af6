import type { Clock } from '../../src/kube/clock.ts';

/** Time and chance, for actions that wait. */
export interface Pace {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}
