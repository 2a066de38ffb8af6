/**
 * The webhook's two ports. The admission port speaks TLS 1.2 or later and HTTP/1.1 only: over HTTP/2 an API server
 * puts all its calls on one connection, and replicas behind one address would not share them. The metrics port has
 * `/healthz`, `/readyz` and `/metrics` in plain HTTP: it takes no admission and tells no names, kubelet and
 * Prometheus have no certificate of ours, and probes must work while the admission port asks for a client's.
 */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { answerClientErrors } from '../../src/http/client-error.ts';
import type { MetricsSource, Readiness } from '../../src/http/health-routes.ts';
import { serverOptions } from '../../src/http/http-limits.ts';
import { type RefusalCode, refusalReasons } from '../../src/http/http-refusal.ts';
import { closeGracefully, followUnused, listen } from '../../src/http/listening.ts';
import { createMetricsServer } from '../../src/http/metrics-server.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { AdmissionMetrics } from '../admission/admission-metrics.ts';
import { createAdmissionApp } from './admission-app.ts';
import type { AdmissionRoute } from './admission-call.ts';
import type { AdmissionPath } from './admission-path.ts';
import { boundConnections } from './admitted-connections.ts';
import { createBodyBudget } from './body-budget.ts';
import type { ClientAuthority } from './client-identity.ts';
import { mayCall } from './client-identity.ts';
import type { ServerLimits } from './server-limits.ts';
import { defaultServerLimits } from './server-limits.ts';

/** A private key and its certificate chain, both PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

export interface WebhookServerOptions {
  readonly routes: readonly AdmissionRoute[];
  /** 0 takes a free one. */
  readonly port: number;
  readonly metricsPort: number;
  /** Address to listen on; all of them when absent. */
  readonly host?: string;
  readonly certificate: KeyPair;
  /** With it, only who calls a path below one of its segments is answered anything but 404. Read for each request. */
  readonly admissionPath?: () => AdmissionPath;
  /** With it, only clients that show a certificate of this CA get past the TLS handshake of the admission port. */
  readonly clientAuthority?: ClientAuthority;
  readonly readiness: () => Readiness;
  readonly metricsSource: MetricsSource;
  readonly metrics: AdmissionMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What differs from `defaultServerLimits`. */
  readonly limits?: Partial<ServerLimits>;
}

export interface WebhookServer {
  /** Opens both ports. @throws the error of `listen`, for example EADDRINUSE; nothing stays open then. */
  readonly start: () => Promise<{ readonly port: number; readonly metricsPort: number }>;
  /** New connections get this certificate; those that are open go on. @throws when key and certificate do not fit */
  readonly useCertificate: (certificate: KeyPair) => void;
  /** New connections are checked against this CA. Only for a server that was made with a client authority. */
  readonly useClientAuthority: (authority: ClientAuthority) => void;
  /** Open connections of the admission port. */
  readonly connections: () => number;
  /** Bytes of bodies in memory, from arrival to answer. */
  readonly bodyBytes: () => number;
  /**
   * Stops being ready, serves on for the drain delay while each answer closes its connection, then takes no new
   * connection, finishes what is under way, and cuts what is left at the drain deadline. Again: the same promise.
   */
  readonly drain: () => Promise<void>;
}

/** A webhook server that does not listen yet. */
export function createWebhookServer(options: WebhookServerOptions): WebhookServer {
  const { clock, logger } = options;
  const limits: ServerLimits = { ...defaultServerLimits, ...options.limits };
  const budget = createBodyBudget(limits.maximumBodiesBytes);
  let { certificate, clientAuthority } = options;
  let drained: Promise<void> | undefined;
  const draining = (): boolean => drained !== undefined;
  const readiness = (): Readiness =>
    draining() ? { ready: false, reasons: ['this replica is shutting down'] } : options.readiness();

  const admissionServer = createServer(
    {
      ...serverOptions(limits),
      ...secureContext(),
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: limits.handshakeDeadlineMilliseconds,
      requestCert: clientAuthority !== undefined,
      rejectUnauthorized: clientAuthority !== undefined,
    },
    createAdmissionApp({
      ...options,
      limits,
      budget,
      draining,
      readiness,
      mayCall: (request) => mayCall(tlsSocket(request), clientAuthority?.names),
      believed: (request) => connections.believe(tlsSocket(request)),
    }),
  );
  const refused = (httpCode: RefusalCode): void => {
    options.metrics.observe({ route: '', decision: 'refused', reason: refusalReasons[httpCode], seconds: 0 });
  };
  const metricsServer = createMetricsServer({ ...options, limits, readiness, refused });
  const closeUnusedAdmission = followUnused(admissionServer, 'secureConnection');
  const connections = boundConnections(admissionServer, limits, { clock, logger });
  admissionServer.on('tlsClientError', (error) => logger.debug({ err: error }, 'a TLS handshake failed'));
  answerClientErrors(admissionServer, limits, refused);

  return {
    async start() {
      const port = await listen(admissionServer, options.port, options.host);
      try {
        const metricsPort = await metricsServer.start(options.metricsPort, options.host);
        logger.info({ port, metricsPort }, 'the webhook listens');
        return { port, metricsPort };
      } catch (error) {
        await closeGracefully(admissionServer, closeUnusedAdmission, atOnce, clock);
        throw error;
      }
    },
    useCertificate(next) {
      admissionServer.setSecureContext(secureContext({ certificate: next }));
      certificate = next;
    },
    useClientAuthority(next) {
      admissionServer.setSecureContext(secureContext({ clientAuthority: next }));
      clientAuthority = next;
    },
    connections: () => connections.size,
    bodyBytes: budget.used,
    drain() {
      drained ??= drainOnce();
      return drained;
    },
  };

  function secureContext(next?: {
    readonly certificate?: KeyPair;
    readonly clientAuthority?: ClientAuthority;
  }): SecureContextOptions {
    const { key, cert } = next?.certificate ?? certificate;
    const ca = (next?.clientAuthority ?? clientAuthority)?.ca;
    return { key, cert, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) };
  }

  async function drainOnce(): Promise<void> {
    logger.info({}, 'draining: no longer ready');
    await clock.sleep(limits.drainDelayMilliseconds);
    const ended = await closeGracefully(
      admissionServer,
      closeUnusedAdmission,
      {
        unusedMilliseconds: limits.headersDeadlineMilliseconds,
        deadlineMilliseconds: limits.drainDeadlineMilliseconds,
      },
      clock,
    );
    if (!ended) logger.warn({}, 'the drain deadline has passed; connections were cut');
    await metricsServer.stop();
    logger.info({}, 'drained');
  }
}

const atOnce = { unusedMilliseconds: 0, deadlineMilliseconds: 0 };

function tlsSocket(request: IncomingMessage): TLSSocket {
  return request.socket as TLSSocket;
}
