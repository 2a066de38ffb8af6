/** Answers bytes that node's HTTP parser refuses; without this they would get an empty body. */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RefusalCode } from './http-refusal.ts';
import { refusalBody } from './http-refusal.ts';

/** Makes `server` explain itself to who sends no HTTP, too slow headers or too large ones. */
export function answerClientErrors(server: Server, refused: (httpCode: RefusalCode) => void): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET' || hasAnswered(socket)) {
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

/** True when an answer has begun on this connection: a second one would be read as part of it. */
function hasAnswered(socket: Duplex): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return typeof message === 'object' && message !== null && Reflect.get(message, 'headersSent') === true;
}
