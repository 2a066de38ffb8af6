import type { Clock } from '../../src/kube/clock.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/kube-client.ts';
import type { Lease, LeaseSpec } from '../../src/kube/lease.ts';
import type { LeaseWatch } from '../../src/kube/lease-watch.ts';
import { refusal } from './scripted-kube-client.ts';

/**
 * What happens to a request: it and its answer arrive, it is lost on its way, its answer is, or comes as late as it
 * may, or neither is ever heard of again.
 */
export type LeaseFault = 'lost' | 'answer lost' | 'answer late' | 'silence';

/** One Lease of a server that is not there, with compare and swap as the real one has. */
export interface VirtualLease {
  readonly lease: Lease | undefined;
  /** A client whose requests meet what `fault` says. */
  client(fault?: () => LeaseFault | undefined): KubeClient;
  readonly watch: LeaseWatch;
  /** As an admin with kubectl. */
  remove(): void;
  put(spec: LeaseSpec): void;
  readonly writes: number;
}

/** @param clock times out requests that are never answered */
export function createVirtualLease(clock: Clock): VirtualLease {
  let lease: Lease | undefined;
  let revision = 0;
  const watchers = new Set<() => void>();

  function store(spec: LeaseSpec | undefined): Lease {
    revision += 1;
    const metadata = {
      name: 'l',
      namespace: 'n',
      uid: lease?.metadata.uid ?? `uid-${revision}`,
      resourceVersion: `${revision}`,
    };
    lease = { metadata, ...(spec === undefined ? {} : { spec }) };
    tellWatchers();
    return lease;
  }

  function tellWatchers(): void {
    if (lease?.spec?.holderIdentity) return;
    for (const free of watchers) free();
  }

  function answer({ method, body }: KubeRequest): Lease {
    const sent = body as Lease | undefined;
    if (method === 'GET') {
      if (lease === undefined) throw refusal(404, 'NotFound');
      return lease;
    }
    if (method === 'POST') {
      if (lease !== undefined) throw refusal(409, 'AlreadyExists');
      return store(sent?.spec);
    }
    if (lease === undefined) throw refusal(404, 'NotFound');
    if (sent?.metadata.resourceVersion !== lease.metadata.resourceVersion) throw refusal(409, 'Conflict');
    return store(sent.spec);
  }

  /** Until the sender gives up. */
  function silence({ signal, timeoutMilliseconds = 30_000 }: KubeRequest): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener('abort', () => reject(new KubeConnectionError('aborted', 'aborted')));
    clock.setTimer(timeoutMilliseconds, () => reject(new KubeConnectionError('timeout', 'no answer')));
    return promise;
  }

  async function request(fault: LeaseFault | undefined, sent: KubeRequest): Promise<unknown> {
    if (sent.signal?.aborted === true) throw new KubeConnectionError('aborted', 'aborted');
    if (fault === 'lost') throw new KubeConnectionError('unreachable', 'lost on its way');
    if (fault === 'silence') return silence(sent);
    const answered = answer(sent);
    if (fault === 'answer late') await clock.sleep((sent.timeoutMilliseconds ?? 30_000) - 1, sent.signal);
    if (fault === 'answer lost') throw new KubeConnectionError('broken', 'the answer was lost');
    return answered;
  }

  return {
    get lease() {
      return lease;
    },
    client: (fault = () => undefined) => ({
      request: <Answer>(sent: KubeRequest) => request(fault(), sent) as Promise<Answer>,
      stream: () => Promise.reject(new Error('a virtual lease has no streams')),
      close: () => {},
    }),
    watch(free) {
      watchers.add(free);
      return async () => void watchers.delete(free);
    },
    remove() {
      lease = undefined;
      tellWatchers();
    },
    put: (spec) => void store(spec),
    get writes() {
      return revision;
    },
  };
}
