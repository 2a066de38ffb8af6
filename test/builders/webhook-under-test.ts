/** A webhook server on free ports of 127.0.0.1, and clients that talk to it as the API server does and does not. */
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Agent } from 'node:https';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { systemClock } from '../../src/kube/clock.ts';
import { allowed } from '../../src/policy/verdict.ts';
import type { AdmissionObservation } from '../../webhook/admission/admission-metrics.ts';
import type { CertifiedKey } from '../../webhook/certificates/certificate-authority.ts';
import {
  createAuthority,
  issueServingCertificate,
} from '../../webhook/certificates/certificate-authority.ts';
import type { WebhookServer, WebhookServerOptions } from '../../webhook/server/webhook-server.ts';
import { createWebhookServer } from '../../webhook/server/webhook-server.ts';
import type { LogLine } from './logs.ts';
import { keepLogs } from './logs.ts';

/** The one route of a webhook under test, unless it is given others. */
export const testRoute = '/validate/kubernetesexecutions';

export interface TestCertificates {
  readonly authority: CertifiedKey;
  readonly serving: CertifiedKey;
}

/** A CA and a serving certificate for 127.0.0.1 and localhost, good for a day. */
export async function issueTestCertificates(): Promise<TestCertificates> {
  const day = 24 * 60 * 60 * 1000;
  const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
  const authority = await createAuthority('test CA', validity);
  return {
    authority,
    serving: await issueServingCertificate(authority, ['localhost', '127.0.0.1'], validity),
  };
}

export interface WebhookUnderTest {
  readonly server: WebhookServer;
  readonly port: number;
  readonly metricsPort: number;
  readonly ca: string;
  readonly observations: AdmissionObservation[];
  readonly logs: LogLine[];
}

/** A started webhook that allows everything, and drains at once; `options` replace any of that. */
export async function startWebhookUnderTest(
  { authority, serving }: TestCertificates,
  options: Partial<WebhookServerOptions> = {},
): Promise<WebhookUnderTest> {
  const observations: AdmissionObservation[] = [];
  const { lines, logger } = keepLogs();
  const server = createWebhookServer({
    routes: [{ path: testRoute, handler: async () => allowed }],
    host: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    certificate: serving,
    readiness: () => ({ ready: true, reasons: [] }),
    metricsSource: { contentType: 'text/plain; version=0.0.4', metrics: async () => 'up 1\n' },
    metrics: { observe: (observation) => void observations.push(observation) },
    logger,
    clock: systemClock,
    ...options,
    limits: { drainDelayMilliseconds: 0, drainDeadlineMilliseconds: 500, ...options.limits },
  });
  const { port, metricsPort } = await server.start();
  return { server, port, metricsPort, ca: authority.cert, observations, logs: lines };
}

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
  /** A client certificate. */
  readonly pair?: CertifiedKey;
}

/** One request to the admission port, by default a POST of JSON to the test route. */
export async function call(
  { port, ca }: Pick<WebhookUnderTest, 'port' | 'ca'>,
  what: Call = {},
): Promise<Answer> {
  const { method = 'POST', path = `${testRoute}?timeout=10s`, body, agent, pair } = what;
  const headers = { 'content-type': 'application/json', ...what.headers };
  const options = { host: '127.0.0.1', port, path, method, headers, ca, agent: agent ?? false, ...pair };
  return answerOf(httpsRequest(options).end(body));
}

/** One GET of the metrics port. */
export async function probe(
  { metricsPort }: Pick<WebhookUnderTest, 'metricsPort'>,
  path: string,
): Promise<Answer> {
  return answerOf(httpRequest({ host: '127.0.0.1', port: metricsPort, path, agent: false }).end());
}

async function answerOf(request: ReturnType<typeof httpRequest>): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>();
  request.on('error', answer.reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', answer.reject);
    response.on('end', () => {
      answer.resolve({
        code: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString(),
      });
    });
  });
  return answer.promise;
}

/** A connection for bytes of any kind. */
export async function openConnection({
  port,
  ca,
}: Pick<WebhookUnderTest, 'port' | 'ca'>): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  return new RawConnection(socket);
}

/** Sends bytes, and gathers what comes back. */
export class RawConnection {
  readonly socket: TLSSocket;
  #received = '';
  readonly #closed: Promise<unknown>;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    this.#closed = once(socket, 'close');
  }

  send(bytes: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Everything that was received until the server has closed the connection. */
  async untilClosed(): Promise<string> {
    await this.#closed;
    return this.#received;
  }

  /** What was received, as soon as it has this text in it so many times or the server has closed the connection. */
  async until(text: string, times = 1): Promise<string> {
    while (this.#received.split(text).length <= times && !this.socket.destroyed) {
      await Promise.race([once(this.socket, 'data'), this.#closed]);
    }
    return this.#received;
  }

  forget(): void {
    this.#received = '';
  }
}
