import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { createRandom } from '../simulation/random.ts';
import { createBoard } from './board.ts';
import { createExecutionsApi } from './executions-api.ts';
import { judgeStorm, type StormResult } from './judge-storm.ts';
import { createLimitChanges, firstLimit, type LimitChanges, sleep, writeLimit } from './limit-changes.ts';
import { createLimitTimeline } from './limit-timeline.ts';
import { startObserver } from './observer.ts';
import { prepareStorm, stormWorkflows } from './prepare-storm.ts';
import { now } from './records.ts';
import { recover } from './recovery.ts';
import type { StormSettings } from './settings.ts';
import { createStormLog } from './storm-log.ts';
import { runStormClient } from './storm-client.ts';

const replicaCount = 3;
/** Clients that share connections. */
const clientsPerPool = 8;
/** A bound that no storm of a minute comes near. */
const maxRequestsPerClient = 20_000;

/** How a storm is run. */
export interface StormOptions {
  readonly progress?: (line: string) => void;
  /** Of the replicas: a test takes the limit away, to see that the storm notices. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Brings a cluster up, lets the storm loose, takes everything down, and judges what was seen. */
export async function runStorm(
  settings: StormSettings,
  { progress = () => undefined, environment = {} }: StormOptions = {},
): Promise<StormResult> {
  progress('starting a control plane and three replicas');
  const clients: KubeClient[] = [];
  const cluster = await startInstalledCluster({
    replicas: replicaCount,
    controllerManager: false,
    environment,
    progress,
    async before(controlPlane) {
      const admin = createKubeClient(controlPlane.kubeConfig());
      clients.push(admin);
      await writeLimit(admin, firstLimit);
    },
  });
  try {
    return await storm(cluster, settings, clients, progress);
  } finally {
    for (const client of clients) client.close();
    await cluster.stop();
  }
}

async function storm(
  cluster: InstalledCluster,
  settings: StormSettings,
  clients: KubeClient[],
  progress: (line: string) => void,
): Promise<StormResult> {
  const { controlPlane } = cluster;
  const connect = (user: 'admin' | 'developer'): KubeClient => {
    const client = createKubeClient(controlPlane.kubeConfig(user));
    clients.push(client);
    return client;
  };
  const admin = connect('admin');
  const board = createBoard(stormWorkflows(settings.workflows));
  await prepareStorm(admin, board.workflows);
  const observer = await startObserver(connect('admin'));
  const limits = createLimitTimeline(firstLimit);
  const seeds = createRandom(settings.seed);
  const random = () => createRandom(seeds.between(0, 2 ** 31));
  const log = createStormLog({ kills: settings.kills, pause: settings.pauseSeconds > 0 });
  const changes = createLimitChanges(cluster, admin, limits, random());
  const pools = Array.from({ length: Math.ceil(settings.clients / clientsPerPool) }, () =>
    createExecutionsApi(connect('developer'), log),
  );

  const ending = new AbortController();
  const { signal } = ending;
  const startedAt = now();
  const work = pools.flatMap((api, pool) =>
    Array.from({ length: Math.min(clientsPerPool, settings.clients - pool * clientsPerPool) }, () =>
      runStormClient({
        api,
        board,
        random: random(),
        applyRaces: settings.applyRaces,
        signal,
        maxRequests: maxRequestsPerClient,
      }),
    ),
  );
  const changing = changes.run(signal);
  const killing = settings.kills ? killReplicas(cluster, changes, random(), signal, progress) : undefined;
  progress(`${settings.clients} clients at work for ${settings.seconds} s`);
  try {
    await sleep((settings.seconds * 1_000) / (settings.pauseSeconds > 0 ? 2 : 1), signal);
    if (settings.pauseSeconds > 0) {
      await pauseApiServer(cluster, settings.pauseSeconds, progress);
      await sleep((settings.seconds * 1_000) / 2, signal);
    }
  } finally {
    ending.abort(new Error('the storm is over'));
  }
  await Promise.all([...work, changing]);
  const kills = (await killing) ?? 0;
  const seconds = (now() - startedAt) / 1_000;

  log.recovering = true;
  const requests = log.requests;
  const api = pools[0];
  progress('the storm is over; looking how soon every slot is there again');
  await changes.set(firstLimit);
  const recovery =
    settings.recovery && api !== undefined ? await recover(api, board, observer, firstLimit) : undefined;
  await observer.caughtUp();
  await observer.stop();
  return judgeStorm({ settings, observer, log, limits, changes, kills, seconds, requests, recovery });
}

/** One after the other: two are always there, and the third is dead or on its way back. Resolves to how many. */
async function killReplicas(
  cluster: InstalledCluster,
  changes: LimitChanges,
  random: ReturnType<typeof createRandom>,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<number> {
  let kills = 0;
  while (!signal.aborted) {
    await sleep(random.between(1_000, 3_000), signal);
    if (signal.aborted) break;
    const index = random.between(0, cluster.replicas.length - 1);
    changes.restarting(index);
    kills += 1;
    await cluster.replace(index);
    changes.restarted(index);
    progress(`replica ${index} was killed and is back (${kills})`);
  }
  return kills;
}

async function pauseApiServer(
  { controlPlane }: InstalledCluster,
  seconds: number,
  progress: (line: string) => void,
): Promise<void> {
  controlPlane.pauseApiServer();
  progress(`the API server is stopped for ${seconds} s`);
  try {
    await sleep(seconds * 1_000, new AbortController().signal);
  } finally {
    controlPlane.resumeApiServer();
    progress('the API server goes on');
  }
}
