import {
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from './clock.ts';
import { connectionErrorOf, KubeConnectionError } from './kube-connection-error.ts';

/** One HTTP request, ready to be sent. */
export interface OutgoingRequest {
  readonly secure: boolean;
  readonly options: RequestOptions;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMilliseconds: number;
  readonly clock: Clock;
}

/** An answer whose headers have come. Deadline and signal destroy its body with a KubeConnectionError. */
export interface OpenAnswer {
  readonly response: IncomingMessage;
  /** Ends the deadline; the signal stays in force. */
  disarm(): void;
  /** Ends deadline and signal; to be called when the body has been read or given up. */
  release(): void;
}

/** Sends a request and waits for the headers of its answer. */
export function openAnswer(outgoing: OutgoingRequest): Promise<OpenAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenAnswer>();
  const { signal, timeoutMilliseconds, options } = outgoing;
  let response: IncomingMessage | undefined;

  const fail = (error: KubeConnectionError): void => {
    release();
    reject(error);
    if (response === undefined) request.destroy();
    else response.destroy(error);
  };
  const onAbort = (): void => {
    fail(new KubeConnectionError('aborted', 'The request was aborted', { cause: signal?.reason }));
  };
  const disarm = outgoing.clock.setTimer(timeoutMilliseconds, () => {
    const what = `No answer to ${options.method} ${options.path} within ${timeoutMilliseconds} ms`;
    fail(new KubeConnectionError('timeout', what));
  });
  const release = (): void => {
    disarm();
    signal?.removeEventListener('abort', onAbort);
  };

  const request: ClientRequest = outgoing.secure ? httpsRequest(options) : httpRequest(options);
  request.on('error', (error) => {
    release();
    reject(connectionErrorOf(error, `${options.method} ${options.path}`));
  });
  request.on('response', (answer) => {
    response = answer;
    resolve({ response: answer, disarm, release });
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  // With a string Node sends headers and body in one write.
  request.end(outgoing.body);
  return promise;
}
