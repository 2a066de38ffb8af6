/** Writes an answer, whole and with its length, and decides what becomes of the connection. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../kube/clock.ts';
import type { HttpRefusal } from './http-refusal.ts';
import { refusalBody } from './http-refusal.ts';

/** Sends `body`; `close` says that this connection takes no further request. */
export function answer(
  response: ServerResponse,
  httpCode: number,
  contentType: string,
  body: string,
  close: boolean,
): void {
  const bytes = Buffer.from(body);
  if (close) response.setHeader('connection', 'close');
  response.writeHead(httpCode, { 'content-type': contentType, 'content-length': bytes.length });
  response.end(bytes);
}

/** Sends 204; `close` says that this connection takes no further request. */
export function answerEmpty(response: ServerResponse, close: boolean): void {
  if (close) response.setHeader('connection', 'close');
  response.writeHead(204);
  response.end();
}

/**
 * Sends a refusal. When the request is still arriving, what comes is thrown away for a while before the connection
 * is closed: closing at once would reset it, and the sender might never read why.
 */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: HttpRefusal,
  close: boolean,
  linger: { readonly clock: Pick<Clock, 'setTimer'>; readonly milliseconds: number },
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  const body = refusalBody(refusal.httpCode, refusal.message);
  if (request.complete) {
    answer(response, refusal.httpCode, 'application/json', body, close);
    return;
  }
  const bytes = Buffer.from(body);
  response.setHeader('connection', 'close');
  response.writeHead(refusal.httpCode, {
    'content-type': 'application/json',
    'content-length': bytes.length,
  });
  response.write(bytes);
  const cancelTimer = linger.clock.setTimer(linger.milliseconds, end);
  request.on('error', end);
  request.once('close', end);
  request.once('end', end);
  request.resume();

  function end(): void {
    cancelTimer();
    response.end();
  }
}
