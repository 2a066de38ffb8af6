import { setTimeout as pause } from 'node:timers/promises';
import type { ComparedPlane } from './compared-plane.ts';
import { cpuPerCreate, cpuTimesOf } from './cpu-times.ts';
import { journalCountsOf } from './journal-counts.ts';
import type { LoadClients } from './load-clients.ts';
import { percentile } from './statistics.ts';

/** Creates on one plane. */
export interface Workload {
  readonly namespace: string;
  readonly workflows: readonly string[];
  readonly clients: number;
  readonly creates: number;
  /** Names the round; no other has it. */
  readonly round: string;
  /** Default 201. */
  readonly expectedCode?: number;
  /** False: what was created stays. */
  readonly cleanUp?: boolean;
}

/** One timed block of creates. */
export interface Measurement {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly milliseconds: readonly number[];
  /** CPU milliseconds for each create, by who took them; empty where there is no /proc. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Journal writes and lost races for each create; empty where there is no journal. */
  readonly journal: Readonly<Record<string, number>>;
}

/** Times the creates, then deletes what they made, untimed. */
export async function measure(
  plane: ComparedPlane,
  clients: LoadClients,
  workload: Workload,
): Promise<Measurement> {
  const { creates, round, namespace } = workload;
  const journalBefore = await journalCountsOf(plane.replicas);
  const cpuBefore = cpuTimesOf(plane);
  const outcome = await clients.carryOut(
    { ...workload, target: plane.target, prefix: round },
    workload.expectedCode,
  );
  const cpu = cpuPerCreate(cpuBefore, cpuTimesOf(plane), creates);
  const journalAfter = await journalCountsOf(plane.replicas);
  if (workload.cleanUp !== false) await plane.deleteRound(namespace, round);
  return {
    perSecond: creates / outcome.seconds,
    p50: percentile(outcome.milliseconds, 0.5),
    p99: percentile(outcome.milliseconds, 0.99),
    milliseconds: outcome.milliseconds,
    cpu: { ...cpu, clients: outcome.cpuMilliseconds / creates },
    journal:
      journalBefore === undefined || journalAfter === undefined
        ? {}
        : {
            writes: (journalAfter.writes - journalBefore.writes) / creates,
            conflicts: (journalAfter.conflicts - journalBefore.conflicts) / creates,
            requests: (journalAfter.journalRequests - journalBefore.journalRequests) / creates,
          },
  };
}

/** What a clean-up leaves to do in the background is done after this. */
export async function settleDown(): Promise<void> {
  await pause(500);
}
