import type { CreateFaults } from './virtual-client.ts';
import type { EditFaults } from './virtual-editor.ts';
import type { NetworkFaults } from './virtual-network.ts';
import type { WatchFaults } from './virtual-world.ts';

/** Kinds of weather. A seed picks one, unless it is told. */
export const climates = [
  'calm',
  'busy',
  'failing',
  'stuck-watch',
  'rough',
  'crowded',
  'restored',
  'journal-lost',
  'edited',
] as const;
export type Climate = (typeof climates)[number];

/** What befalls the whole world from time to time. */
export type Trouble =
  'kill' | 'breakWatch' | 'changeLimit' | 'restartServer' | 'uninstall' | 'restore' | 'loseJournal';

/** What a climate is made of. Times are milliseconds, from and to. */
export interface Weather {
  readonly network: NetworkFaults;
  readonly creates: CreateFaults;
  /** A seed has one of these. */
  readonly watches: readonly WatchFaults[];
  /** How often each trouble comes, in proportion to the others. */
  readonly troubles: Partial<Record<Trouble, number>>;
  readonly pauseBetweenTroubles: readonly [number, number];
  /** Fewer names, fewer slots and more creates at once: what needs several creates of one name happens often. */
  readonly crowded: boolean;
  /** Probability that a create is sent twice at once. */
  readonly twins: number;
  /** How many replicas there are, from and to. */
  readonly replicas: readonly [number, number];
  /** Workflows begin to need approval and are approved; undefined where nobody edits them. */
  readonly edits?: EditFaults;
  /** Probability that creates come, and settle, seldom. */
  readonly unhurried: number;
  /**
   * How old the knowledge may be that a denial rests on; undefined where denials are not judged, because
   * faults excuse too many of them.
   */
  readonly judgedWithin: number | undefined;
}

const calmNetwork: NetworkFaults = { latency: [1, 4], lost: 0, answerLost: 0, lingering: 0 };
const roughNetwork: NetworkFaults = { latency: [1, 60], lost: 0.02, answerLost: 0.03, lingering: 0.02 };
const promptWatch: WatchFaults = { lag: [0, 10], stuck: 0 };
const roughWatches: readonly WatchFaults[] = [
  { lag: [0, 100], stuck: 0.1 },
  { lag: [0, 3_000], stuck: 0.1 },
];

const calm: Weather = {
  network: calmNetwork,
  creates: { refusedLater: 0, slow: 0, askedAgain: 0.02 },
  watches: [promptWatch],
  troubles: {},
  pauseBetweenTroubles: [200, 12_000],
  crowded: false,
  twins: 0.03,
  replicas: [1, 3],
  unhurried: 0.3,
  judgedWithin: 60,
};

const rough: Weather = {
  network: roughNetwork,
  creates: { refusedLater: 0.08, slow: 0.1, askedAgain: 0.1 },
  watches: roughWatches,
  troubles: { kill: 5, breakWatch: 4, changeLimit: 3, restartServer: 1, uninstall: 2 },
  pauseBetweenTroubles: [200, 12_000],
  crowded: false,
  twins: 0.03,
  replicas: [1, 3],
  unhurried: 0.3,
  judgedWithin: undefined,
};

/** The climates, each for the rules that hold in it. */
export const weathers: Readonly<Record<Climate, Weather>> = {
  calm,
  /** Few names, many creates of each, and a network that is slow but sound. */
  busy: {
    ...calm,
    network: { ...calmNetwork, latency: [1, 30] },
    crowded: true,
    twins: 0.3,
    replicas: [2, 3],
    judgedWithin: 250,
  },
  /** Creates fail after they were admitted, or take long; all else is well. */
  failing: { ...calm, creates: { refusedLater: 0.08, slow: 0.1, askedAgain: 0 } },
  /** Watches go silent without an error. */
  'stuck-watch': {
    ...calm,
    watches: [{ lag: [0, 10], stuck: 0.5, stuckJournals: 0 }],
    troubles: { breakWatch: 1 },
    pauseBetweenTroubles: [10_000, 60_000],
    replicas: [1, 2],
    unhurried: 0.6,
    judgedWithin: 3_500,
  },
  rough,
  crowded: {
    ...rough,
    creates: { refusedLater: 0.05, slow: 0.35, askedAgain: 0.05 },
    troubles: { kill: 3, breakWatch: 3, changeLimit: 6 },
    crowded: true,
    replicas: [2, 3],
  },
  restored: {
    ...rough,
    troubles: { kill: 1, breakWatch: 2, changeLimit: 1, restartServer: 1, restore: 5 },
    pauseBetweenTroubles: [200, 8_000],
    unhurried: 0.1,
  },
  'journal-lost': {
    ...rough,
    creates: { refusedLater: 0.08, slow: 0.5, askedAgain: 0.1 },
    watches: [...roughWatches, { lag: [0, 100], stuck: 0.7, stuckJournals: 0 }],
    troubles: { kill: 1, breakWatch: 3, loseJournal: 4 },
    pauseBetweenTroubles: [10_000, 50_000],
    unhurried: 0.6,
  },
  /** Workflows are edited, and whose watch lags must not let an execution through by what they were before. */
  edited: {
    ...rough,
    watches: [
      { lag: [0, 100], stuck: 0, stuckWorkflows: 0.9 },
      { lag: [0, 3_000], stuck: 0.1, stuckWorkflows: 0.5 },
    ],
    troubles: { kill: 2, breakWatch: 2, restartServer: 1, loseJournal: 2, restore: 1 },
    pauseBetweenTroubles: [2_000, 60_000],
    edits: { pause: [20_000, 60_000], slow: 0.4 },
    unhurried: 0.2,
  },
};

/** What it is like when the troubles are over. */
export const afterwards = calm;
