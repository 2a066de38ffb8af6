import type { Random } from './random.ts';
import type { Trace } from './trace.ts';
import type { VirtualApiServer } from './virtual-api-server.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How a watch lags. Milliseconds. */
export interface WatchFaults {
  readonly lag: readonly [number, number];
  /** Probability that a connection delivers nothing for 5 to 90 s, from its start or from some time after. */
  readonly stuck: number;
  /** The same for the watch of journals, where it differs. */
  readonly stuckJournals?: number;
  /** The same for the watch of workflows; undefined where they are not watched, because nobody edits them. */
  readonly stuckWorkflows?: number;
}

/** What replicas share. */
export interface VirtualWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly server: VirtualApiServer;
  readonly network: VirtualNetwork;
  readonly watchFaults: WatchFaults;
  /** Undefined in a run that nobody reads. */
  readonly trace: Trace | undefined;
}
