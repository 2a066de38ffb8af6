/** Answers bytes that node's HTTP parser refuses; without this they would get an empty body. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { HttpLimits } from './http-limits.ts';
import type { RefusalCode } from './http-refusal.ts';
import { refusalBody } from './http-refusal.ts';

/**
 * Makes `server` explain itself to who sends no HTTP, too slow headers or too large ones. Who has sent nothing at all
 * may go on, for as long as between two requests: the API server opens connections in advance (Go's http.Transport
 * keeps one that it had dialled for a request which another has served), and an answer that nobody has asked for
 * would be taken for that to the request which it is just sending.
 */
export function answerClientErrors(
  server: Server,
  { keepAliveMilliseconds }: Pick<HttpLimits, 'keepAliveMilliseconds'>,
  refused: (httpCode: RefusalCode) => void,
): void {
  // Node types it as any stream; its servers give sockets of net or tls.
  server.on('clientError', (error: NodeJS.ErrnoException, stream: Duplex) => {
    const socket = stream as Socket;
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) {
      // Node says it once for a connection, and counts anew from the first byte that comes.
      socket.setTimeout(keepAliveMilliseconds);
      return;
    }
    if (!socket.writable || error.code === 'ECONNRESET' || isBeforeTls(socket) || hasAnswered(socket)) {
      socket.destroy();
      return;
    }
    const [httpCode, phrase, message] = explain(error.code);
    refused(httpCode);
    const body = refusalBody(httpCode, message);
    const head = [
      `HTTP/1.1 ${httpCode} ${phrase}`,
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  });
}

function explain(code: string | undefined): readonly [RefusalCode, string, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'Request Header Fields Too Large', 'the headers are too large'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'Payload Too Large', 'the chunk extensions are too large'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'Request Timeout', 'the request was not complete in time'];
    case undefined:
    default:
      return [400, 'Bad Request', 'this is no HTTP/1.1 request'];
  }
}

/** True where the handshake failed or took too long: what is written would wait for its end for ever. */
function isBeforeTls(socket: Socket): boolean {
  return socket instanceof TLSSocket && Reflect.get(socket, 'secureConnecting') === true;
}

/** True when an answer has begun on this connection: a second one would be read as part of it. */
function hasAnswered(socket: Duplex): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return typeof message === 'object' && message !== null && Reflect.get(message, 'headersSent') === true;
}
