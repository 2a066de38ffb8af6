import type { OperatedCluster } from './operated-cluster.ts';
import type { E2eResults } from './results.ts';

/** What the parts of the suite share: it is there once the first of them runs. */
export interface Ground extends OperatedCluster {
  /** What was measured so far. */
  readonly results: E2eResults;
}

/** Parts are declared before there is a cluster, and ask for it when they run. */
export type GroundOf = () => Ground;
