import { basename, join } from 'node:path';
import type { Command } from './binaries.ts';
import { type Child, startChild } from './child-process.ts';
import { freePort } from './free-port.ts';
import { type Place, thisMachine } from './place.ts';
import { retryOnPortCollision } from './retry-on-port-collision.ts';
import { waitForReady } from './wait-for-ready.ts';

const startTimeoutMilliseconds = 60_000;

export interface Etcd {
  readonly url: string;
  readonly child: Child;
  readonly dataFolder: string;
  /** Starts it again on the same ports and data, after its child was killed; ready when settled. */
  restarted(): Promise<Etcd>;
}

/** Starts etcd with its data in `folder`; it forgets to fsync, because nothing here outlives the machine. */
export function startEtcd(command: Command, folder: string, place: Place = thisMachine): Promise<Etcd> {
  return retryOnPortCollision(async () => {
    const port = await freePort();
    await place.open(port);
    return startOn(port, await freePort(), place.inside(command), folder);
  });
}

async function startOn(port: number, peerPort: number, command: Command, folder: string): Promise<Etcd> {
  const url = `http://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const name = basename(folder);
  const dataFolder = join(folder, 'etcd');
  const child = startChild({
    name: 'etcd',
    command,
    args: [
      `--name=${name}`,
      `--data-dir=${dataFolder}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=${name}=${peerUrl}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    logFile: join(folder, 'etcd.log'),
  });
  try {
    await waitForReady(child, () => answersAs(url, name), startTimeoutMilliseconds);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return { url, child, dataFolder, restarted: () => startOn(port, peerPort, command, folder) };
}

/** True when the etcd at the URL is ours: after a port collision, somebody else's could answer. */
async function answersAs(url: string, name: string): Promise<boolean> {
  const response = await fetch(`${url}/v3/cluster/member/list`, { method: 'POST', body: '{}' });
  return response.ok && (await response.text()).includes(`"name":"${name}"`);
}
