import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Fault, statusBody } from './http-faults.ts';

/** Passes the API server's answer on to the client, spoilt as the fault says. */
export function passOn(upstream: IncomingMessage, answer: ServerResponse, fault: Fault | undefined): void {
  if (fault?.kind === 'loseAnswer') {
    upstream.resume();
    upstream.once('end', () => {
      fault.answered?.();
      reset(answer);
    });
    return;
  }
  // The length may not be true any more, and the connection to the client is ours to manage.
  const {
    'content-length': _length,
    'transfer-encoding': _encoding,
    connection: _,
    ...headers
  } = upstream.headers;
  answer.writeHead(upstream.statusCode ?? 502, headers);
  answer.flushHeaders();
  if (fault?.kind === 'cut') return passBytes(upstream, answer, fault.afterBytes, () => reset(answer));
  if (fault?.kind === 'stall') return passBytes(upstream, answer, fault.afterBytes, () => {});
  if (fault?.kind === 'silentWatch') return passInitialList(upstream, answer);
  if (fault?.kind === 'watchError') return passEvents(upstream, answer, fault);
  upstream.pipe(answer);
  upstream.once('error', () => reset(answer));
}

/** Breaks the connection under the client's answer, without the end that HTTP and TLS would have. */
export function reset(answer: ServerResponse): void {
  answer.socket?.destroy();
}

/** Passes `count` bytes of the body, ends the API server's side, and then does what `then` says. */
function passBytes(upstream: IncomingMessage, answer: ServerResponse, count: number, then: () => void): void {
  let left = count;
  const stop = () => {
    upstream.destroy();
    then();
  };
  upstream.on('error', () => {});
  if (left === 0) {
    stop();
    return;
  }
  upstream.on('data', (chunk: Buffer) => {
    const passed = chunk.subarray(0, left);
    left -= passed.length;
    // Only when the bytes are out may the connection break, or they would be lost with it.
    answer.write(passed, left === 0 ? stop : undefined);
    if (left === 0) upstream.pause();
  });
  upstream.once('end', () => {
    if (left > 0) answer.end();
  });
}

/** Passes whole lines, to the bookmark that ends the list. */
function passInitialList(upstream: IncomingMessage, answer: ServerResponse): void {
  let pending = '';
  upstream.on('error', () => {});
  upstream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      if (upstream.destroyed) return;
      answer.write(`${line}\n`);
      if (line.includes('k8s.io/initial-events-end')) upstream.destroy();
    }
  });
  upstream.once('end', () => answer.end(pending));
}

function passEvents(
  upstream: IncomingMessage,
  answer: ServerResponse,
  fault: Extract<Fault, { kind: 'watchError' }>,
): void {
  let left = fault.afterEvents ?? 0;
  let pending = '';
  const fail = () => {
    upstream.destroy();
    answer.end(`{"type":"ERROR","object":${statusBody(fault)}}\n`);
  };
  upstream.on('error', () => {});
  if (left === 0) {
    fail();
    return;
  }
  upstream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines.slice(0, left)) answer.write(`${line}\n`);
    left -= Math.min(left, lines.length);
    if (left === 0 && !upstream.destroyed) fail();
  });
  upstream.once('end', () => {
    if (left > 0) answer.end();
  });
}
