import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { configMapName } from '../../src/config/config-watch.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { InstalledCluster } from '../cluster/installed-cluster.ts';
import { installationNamespace } from '../cluster/users.ts';
import type { Random } from '../simulation/random.ts';
import type { LimitTimeline } from './limit-timeline.ts';
import { now } from './records.ts';

const configMapKind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' } as const;

/** The limit from the beginning. */
export const firstLimit = 5;

/** The limits between which it changes. */
const limits = [3, 4, 5, 6, 7] as const;

/** A replica that had the value before, by a write that was not answered, logs no change: it is waited for this long. */
const silentMilliseconds = 2_000;

/** Whoever has not followed by then will not; the change stays unconfirmed, and both limits count as allowed. */
const patienceMilliseconds = 60_000;

/** What a replica is known to have done with the limit. */
interface ReplicaState {
  /** When the process before it was killed. */
  startedAt: number;
  readyAt: number;
}

/** Changes the limit, and knows when every replica has followed. */
export interface LimitChanges {
  /** Changes it every few seconds until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when every replica has this limit. */
  set(limit: number): Promise<void>;
  /** Tells that the replica is killed now; to be called before. */
  restarting(index: number): void;
  restarted(index: number): void;
  readonly count: number;
  /** The longest time from a change until the last replica had it, in milliseconds. */
  readonly slowest: number;
}

/** Over the admin's client; what replicas have in force is read from their logs. */
export function createLimitChanges(
  cluster: InstalledCluster,
  admin: KubeClient,
  timeline: LimitTimeline,
  random: Random,
): LimitChanges {
  const replicas: ReplicaState[] = cluster.replicas.map(() => ({ startedAt: 0, readyAt: 0 }));
  let limit = firstLimit;
  /** False after a write that was not answered: who has which limit is not known then. */
  let isKnown = true;
  let count = 0;
  let slowest = 0;

  /** When the replica had the limit; undefined as long as it may have another. */
  function followedAt(
    index: number,
    change: { limit: number; from: number; until: number; mayBeThere: boolean },
  ): number | undefined {
    const state = replicas[index];
    const replica = cluster.replicas[index];
    if (state === undefined || replica === undefined) return undefined;
    // Who is dead decides nothing, and who comes back after the write has begun is asked only once it has read it.
    if (state.readyAt > change.from) return Math.max(change.until, state.startedAt);
    const logged = changesIn(replica.child.logFile).find(
      ({ to, at }) => to === change.limit && at >= change.from - 1 && at > state.startedAt,
    );
    if (logged !== undefined) return logged.at;
    return change.mayBeThere && now() - change.until > silentMilliseconds ? now() : undefined;
  }

  async function set(next: number): Promise<void> {
    const mayBeThere = next === limit || !isKnown;
    limit = next;
    const from = now();
    const number = timeline.began(limit, from);
    count += 1;
    isKnown = false;
    await writeLimit(admin, limit);
    isKnown = true;
    const written = { limit, from, until: now(), mayBeThere };
    for (;;) {
      const at = cluster.replicas.map((_, index) => followedAt(index, written));
      if (at.every((time) => time !== undefined)) {
        const last = Math.max(written.until, ...at);
        timeline.confirmed(number, last);
        slowest = Math.max(slowest, last - from);
        return;
      }
      const waited = now() - written.until;
      if (waited > patienceMilliseconds)
        throw new Error(`after ${waited} ms replica ${at.indexOf(undefined)} has not followed to ${limit}`);
      await pause(100);
    }
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        await sleep(random.between(2_000, 5_000), signal);
        if (signal.aborted) return;
        const others = limits.filter((other) => other !== limit);
        try {
          await set(random.pick(others) ?? firstLimit);
        } catch {
          // The API server is stopped: whether it was written is not known, and the next one tells.
        }
      }
    },
    set,
    restarting(index) {
      replicas[index] = { startedAt: now(), readyAt: Number.POSITIVE_INFINITY };
    },
    restarted(index) {
      const state = replicas[index];
      if (state !== undefined) state.readyAt = now();
    },
    get count() {
      return count;
    },
    get slowest() {
      return slowest;
    },
  };
}

/** Writes the ConfigMap with nothing but the limit. */
export async function writeLimit(admin: KubeClient, limit: number): Promise<void> {
  await admin.request({
    method: 'PATCH',
    path: resourcePath(configMapKind, { namespace: installationNamespace, name: configMapName }),
    query: { fieldManager: 'storm', force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: configMapName },
      data: { 'max-parallel-steps': String(limit) },
    },
  });
}

/** The limits that a replica says it took, with the time of its log's line. */
function changesIn(logFile: string): { readonly to: number; readonly at: number }[] {
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('ConfigChanged'))
    .flatMap((line) => {
      const to = /max-parallel-steps from \d+ to (?<to>\d+)/.exec(line)?.groups?.['to'];
      const time = /"time":"(?<time>[^"]+)"/.exec(line)?.groups?.['time'];
      return to === undefined || time === undefined ? [] : [{ to: Number(to), at: Date.parse(time) }];
    });
}

/** Resolves after the time or with the signal. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(milliseconds, undefined, { signal });
  } catch {
    // Ended early, as wished.
  }
}
