import type { Clock } from './clock.ts';
import type { KubeClient, KubeRequest } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';
import { startReadDeadline } from './read-deadline.ts';
import { parseWatchEvent, type WatchEvent } from './watch-event.ts';
import { WatchError } from './watch-error.ts';
import { createLineSplitter } from './watch-lines.ts';

export interface WatchStreamOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly request: KubeRequest;
  /** Aborting ends the stream with the signal's reason. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly readDeadlineMilliseconds: number;
  readonly maxLineBytes: number;
  /** The API server has accepted the watch. */
  readonly onOpen: () => void;
  /** The API server was heard. */
  readonly onActivity: () => void;
  /** What it throws ends the stream. */
  readonly onEvent: (event: WatchEvent<T>) => void;
}

/**
 * Reads one watch until it ends. Resolves when the API server ended it in order.
 * @throws KubeStatusError, KubeConnectionError, WatchError, or the signal's reason
 */
export async function readWatchStream<T extends KubeObject>(options: WatchStreamOptions<T>): Promise<void> {
  const { client, request, clock, readDeadlineMilliseconds, onActivity, onEvent } = options;
  const given = new AbortController();
  const signal = AbortSignal.any([options.signal, given.signal]);
  const deadline = startReadDeadline(clock, readDeadlineMilliseconds, () => {
    const what = `The watch was silent for ${readDeadlineMilliseconds} ms`;
    given.abort(new WatchError('read-deadline', what));
  });
  const heard = (): void => {
    deadline.heard();
    onActivity();
  };
  try {
    const stream = await client.stream({ ...request, signal });
    heard();
    options.onOpen();
    const split = createLineSplitter(options.maxLineBytes);
    for await (const chunk of stream) {
      heard();
      for (const line of split(chunk)) {
        signal.throwIfAborted();
        onEvent(parseWatchEvent<T>(line));
      }
    }
  } catch (error) {
    // The client says that it was aborted; the reason says why.
    throw signal.aborted ? signal.reason : error;
  } finally {
    deadline.stop();
  }
}
