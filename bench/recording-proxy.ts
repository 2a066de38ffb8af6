import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createAuthority } from '../test/cluster/certificates.ts';
import type { ControlPlane } from '../test/cluster/control-plane.ts';

/** A request as it was sent, and the HTTP status of its answer. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly contentType: string | undefined;
  readonly body: string;
  /** 0 until it is answered. */
  status: number;
}

/** A proxy that spoils nothing and keeps every request, in the order of arrival. */
export interface RecordingProxy {
  readonly url: string;
  readonly authorityPem: string;
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
}

/** Starts it in front of an API server. */
export async function startRecordingProxy(controlPlane: ControlPlane): Promise<RecordingProxy> {
  const authority = createAuthority('recording-proxy-authority');
  const serving = authority.issue('recording-proxy', ['localhost'], ['127.0.0.1']);
  const agent = new Agent({ keepAlive: true, ca: controlPlane.authorityPem });
  const requests: RecordedRequest[] = [];

  async function serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(incoming.url ?? '/', controlPlane.url);
    const { method = 'GET', headers } = incoming;
    const body = await buffer(incoming);
    const record: RecordedRequest = {
      method,
      path: pathname,
      query: search,
      contentType: headers['content-type'],
      body: method === 'GET' ? '' : body.toString('utf8'),
      status: 0,
    };
    requests.push(record);
    const outgoing = httpsRequest(`${controlPlane.url}${pathname}${search}`, { method, headers, agent });
    outgoing.once('response', (upstream) => {
      record.status = upstream.statusCode ?? 0;
      answer.writeHead(record.status, upstream.headers);
      answer.flushHeaders();
      upstream.pipe(answer);
      upstream.once('error', () => answer.destroy());
    });
    outgoing.on('error', () => answer.destroy());
    answer.once('close', () => outgoing.destroy());
    outgoing.end(body);
  }

  const server = createServer({ cert: serving.certificatePem, key: serving.keyPem }, (incoming, answer) => {
    serve(incoming, answer).catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorityPem: authority.certificatePem,
    requests,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}
