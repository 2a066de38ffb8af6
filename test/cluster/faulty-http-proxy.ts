import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { createAuthority } from './certificates.ts';
import type { ControlPlane } from './control-plane.ts';
import { passOn, reset } from './faulty-answer.ts';
import { type Fault, statusBody } from './http-faults.ts';
import type { UserName } from './users.ts';

/** A request as the interceptor sees it. */
export interface ProxiedRequest {
  /** Which client sent it, where that came by `urlOf`. */
  readonly client: string | undefined;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** Answers what goes wrong with a request; undefined: nothing. */
export type Interceptor = (request: ProxiedRequest) => Fault | undefined;

/** A proxy that speaks HTTP/1.1 over TLS with client and API server, and spoils the requests you choose. */
export interface FaultyHttpProxy {
  /** `https://127.0.0.1:port` */
  readonly url: string;
  /** The same for one client, whose requests then carry its name: letters, digits and dashes. */
  urlOf(client: string): string;
  readonly authorityPem: string;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly ProxiedRequest[];
  /** Replaces the interceptor; undefined: everything passes. */
  intercept(interceptor: Interceptor | undefined): void;
  /** For a client of the proxy; default user admin. */
  kubeConfig(user?: UserName): KubeConfig;
  close(): Promise<void>;
}

export async function startFaultyHttpProxy(controlPlane: ControlPlane): Promise<FaultyHttpProxy> {
  const authority = createAuthority('faulty-proxy-authority');
  const serving = authority.issue('faulty-proxy', ['localhost'], ['127.0.0.1']);
  const agent = new Agent({ keepAlive: true, ca: controlPlane.authorityPem });
  const requests: ProxiedRequest[] = [];
  let interceptor: Interceptor | undefined;

  const serve = async (incoming: IncomingMessage, answer: ServerResponse) => {
    const [, client, path = '/'] = /^(?:\/client\/([\w-]+))?(\/.*)$/.exec(incoming.url ?? '/') ?? [];
    const { pathname, searchParams } = new URL(path, controlPlane.url);
    const { method = 'GET', headers } = incoming;
    const request = { client, method, path: pathname, query: searchParams, headers };
    requests.push(request);
    const fault = interceptor?.(request);
    if (fault?.kind === 'status') return answerStatus(answer, fault);
    if (fault?.kind === 'answer') {
      answer.writeHead(fault.code, { 'content-type': fault.contentType }).end(fault.body);
      return;
    }
    if (fault?.kind === 'reset') return reset(answer);
    if (fault?.kind === 'delay') await sleep(fault.milliseconds);
    const outgoing = httpsRequest(controlPlane.url + path, { method, headers, agent });
    outgoing.once('response', (upstream) => passOn(upstream, answer, fault));
    outgoing.on('error', () => reset(answer));
    answer.once('close', () => outgoing.destroy()); // a watch that the client has left
    incoming.pipe(outgoing);
  };
  const server = createServer({ cert: serving.certificatePem, key: serving.keyPem }, (incoming, answer) => {
    serve(incoming, answer).catch(() => reset(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    urlOf: (client) => `${url}/client/${client}`,
    authorityPem: authority.certificatePem,
    requests,
    intercept(next) {
      interceptor = next;
    },
    kubeConfig: (user) => controlPlane.kubeConfig(user, { url, authorityPem: authority.certificatePem }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

function answerStatus(answer: ServerResponse, fault: Extract<Fault, { kind: 'status' }>): void {
  const { code, retryAfterSeconds } = fault;
  answer.writeHead(code, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  answer.end(statusBody(fault));
}
