import type { KubeClient } from '../../../src/kube/kube-client.ts';
import type { KubeObject } from '../../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../../src/kube/kube-status-error.ts';
import { type ControllerReplica, startControllerReplica } from '../../cluster/controller-replica.ts';
import type { ControllerReplicaOptions } from '../../cluster/controller-replica.ts';
import type { ControlPlane } from '../../cluster/control-plane.ts';
import type { FaultyHttpProxy, ProxiedRequest } from '../../cluster/faulty-http-proxy.ts';
import { eventually } from '../../cluster/eventually.ts';
import type { Side } from './kill-moments.ts';

/** Controllers of which the one that leads dies again and again, each at a moment of its own. */
export interface Succession<Moment> {
  /** So far, in order. */
  readonly kills: readonly Moment[];
  /** Writes that were counted. */
  readonly writes: number;
  /** Resolves after so many kills; the last one leads on then. Rejects when nothing is written for long. */
  killed(times: number): Promise<void>;
  stop(): Promise<void>;
}

export interface SuccessionOptions<Moment extends { readonly side: Side }> {
  readonly controlPlane: ControlPlane;
  readonly proxy: FaultyHttpProxy;
  /** Past the proxy. */
  readonly client: KubeClient;
  /** Asked at each request of a live one: whether it is a write that counts, and where the writer dies at it, how. */
  readonly at: (request: ProxiedRequest) => { readonly counts: boolean; readonly dies?: Moment | undefined };
  /** Processes that wait for the leader to die. */
  readonly standbys: number;
  readonly replica: Omit<ControllerReplicaOptions, 'name' | 'at'>;
}

interface Lease extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string };
}

const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases';

/** Of this many deaths all but one have their lease given back; that one is waited out. */
const waitedOutOneIn = 25;

/**
 * Without a write for so long nothing goes on. A create that dies with its sender after admission keeps its slot for the
 * lifetime of a reservation, 45 s.
 */
const stallMilliseconds = 120_000;

/** Starts a leader and those who wait. */
export async function startSuccession<Moment extends { readonly side: Side }>(
  options: SuccessionOptions<Moment>,
): Promise<Succession<Moment>> {
  const { controlPlane, proxy, client, standbys, replica } = options;
  const alive = new Map<string, ControllerReplica>();
  const kills: Moment[] = [];
  const troubles: unknown[] = [];
  let started = 0;
  let wanted = 0;
  let writes = 0;
  let lastWriteAt = performance.now();
  let stopped = false;

  async function startOne(): Promise<void> {
    const name = `controller-${started++}`;
    const at = { url: proxy.urlOf(name), authorityPem: proxy.authorityPem };
    alive.set(name, await startControllerReplica(controlPlane, { ...replica, name, at }));
  }

  /** Dead within this call: nothing of it is sent after. */
  function kill(name: string, moment: Moment): void {
    const victim = alive.get(name);
    if (victim === undefined || victim.child.hasExited) return;
    alive.delete(name);
    void victim.child.kill();
    kills.push(moment);
    void succeed(name, kills.length).catch((error: unknown) => troubles.push(error));
  }

  async function succeed(dead: string, number: number): Promise<void> {
    if (stopped) return;
    // Waiting for the end of a lease proves little, and takes seconds: it is given back for the dead one.
    await Promise.all([startOne(), number % waitedOutOneIn === 0 ? undefined : giveBack(dead)]);
  }

  async function giveBack(dead: string): Promise<void> {
    const { items } = await client.request<{ readonly items: readonly Lease[] }>({
      method: 'GET',
      path: leasesPath,
    });
    for (const { metadata, spec } of items) {
      const { holderIdentity = '' } = spec ?? {};
      if (holderIdentity !== dead && !holderIdentity.startsWith(`${dead}_`)) continue;
      const given = client.request({
        method: 'PATCH',
        path: `${leasesPath}/${metadata.name}`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion: metadata.resourceVersion }, spec: { holderIdentity: '' } },
      });
      await given.catch((error: unknown) => {
        // Somebody has waited it out meanwhile.
        if (!isKubeStatus(error, 409)) throw error;
      });
    }
  }

  proxy.intercept((request) => {
    const { client: name } = request;
    if (name === undefined) return undefined;
    // What was on its way when its sender died arrives, or does not; here it does not.
    if (!alive.has(name)) return { kind: 'reset' };
    if (kills.length >= wanted) return undefined;
    const { counts, dies: moment } = options.at(request);
    if (!counts) return undefined;
    writes += 1;
    lastWriteAt = performance.now();
    if (moment === undefined) return undefined;
    if (moment.side === 'after') return { kind: 'loseAnswer', answered: () => kill(name, moment) };
    kill(name, moment);
    return { kind: 'reset' };
  });

  for (let count = 0; count <= standbys; count += 1) await startOne();

  return {
    kills,
    get writes() {
      return writes;
    },
    async killed(times) {
      wanted = times;
      lastWriteAt = performance.now();
      const isDone = async (): Promise<boolean> => {
        if (troubles.length > 0) throw troubles[0];
        if (performance.now() - lastWriteAt > stallMilliseconds) throw new Error(lastWords());
        return kills.length >= times;
      };
      await eventually(`the controller was killed ${times} times`, isDone, 900_000);
    },
    async stop() {
      stopped = true;
      await Promise.all([...alive.values()].map(({ child }) => child.kill()));
    },
  };

  function lastWords(): string {
    const logs = [...alive.values()].map(({ name, child }) => `${name}:\n${child.lastLogLines(10)}`);
    return `nothing was written for ${stallMilliseconds} ms after ${kills.length} kills\n${logs.join('\n')}`;
  }
}
