import type { Clock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import { KubeConnectionError } from './kube-connection-error.ts';
import { isKubeStatus } from './kube-status-error.ts';
import { isMissingRight } from './missing-right.ts';
import { isNotYetReady } from './not-yet-ready.ts';

/** Where it cannot be known whether the API server is ready, its refusal is believed after this time. */
const mostMilliseconds = 10_000;
const pauseMilliseconds = 200;

/**
 * A client that has a refusal for a missing right confirmed, and one of an admission that is not ready. An API server that has just started lets nobody do
 * anything, because it has not read roles and bindings yet: its check `informer-sync` keeps it unready meanwhile, and
 * who comes over a connection of his own meets it all the same. Such a request is sent again once it is ready; rights
 * are checked before anything is done.
 */
export function confirmingClient(client: KubeClient, clock: Clock): KubeClient {
  async function confirmed<Answer>(
    signal: AbortSignal | undefined,
    send: () => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await send();
    } catch (error) {
      if (!isMissingRight(error) && !isNotYetReady(error)) throw error;
      await whenReady(client, clock, signal);
      return send();
    }
  }
  return {
    request: (request) => confirmed(request.signal, () => client.request(request)),
    stream: (request) => confirmed(request.signal, () => client.stream(request)),
    close: () => client.close(),
  };
}

async function whenReady(client: KubeClient, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  const until = clock.now() + mostMilliseconds;
  while (!(await isReady(client, signal)) && clock.now() < until)
    await clock.sleep(pauseMilliseconds, signal);
}

async function isReady(client: KubeClient, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const ours = signal === undefined ? {} : { signal };
    await client.request({ method: 'GET', path: '/readyz', timeoutMilliseconds: 2_000, ...ours });
    return true;
  } catch (error) {
    const failure = error instanceof KubeConnectionError ? error.reason : undefined;
    if (signal?.aborted === true || failure === 'closed') throw error;
    // It says `ok`, which is no JSON; whatever is no API server has no such path.
    return failure === 'not-json' || isKubeStatus(error, 404);
  }
}
