import type { IncomingMessage } from 'node:http';
import { connectionErrorOf, KubeConnectionError } from './kube-connection-error.ts';

/** The whole body of an answer as text; no more than `maxBytes` of it are ever held. */
export function readAnswerBody(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  answer.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) {
      answer.destroy(new KubeConnectionError('too-large', `The answer is larger than ${maxBytes} bytes`));
      return;
    }
    chunks.push(chunk);
  });
  answer.on('end', () => {
    const [only] = chunks;
    resolve((chunks.length === 1 && only ? only : Buffer.concat(chunks, size)).toString('utf8'));
  });
  answer.on('error', (error) => {
    reject(connectionErrorOf(error, 'The answer broke off'));
  });
  answer.on('close', () => {
    reject(new KubeConnectionError('broken', 'The answer broke off'));
  });
  return promise;
}
