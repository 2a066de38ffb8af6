import type { IncomingHttpHeaders } from 'node:http';
import { readAnswerBody } from './answer-body.ts';
import { beforeDeadline } from './before-deadline.ts';
import { checkRequestPath } from './check-request-path.ts';
import { type Clock, systemClock } from './clock.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { connectionErrorOf, KubeConnectionError } from './kube-connection-error.ts';
import { createKubeConnections, type KubeAgents, type KubeConnections } from './kube-connections.ts';
import { type CredentialsCache, createCredentialsCache, type KubeCredentials } from './kube-credentials.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { type OpenAnswer, openAnswer } from './open-answer.ts';
import { resourceOfPath } from './resource-path.ts';
import { isStatus, statusOfAnswer } from './status-of-answer.ts';

/** One request to the API server. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * Made by `resourcePath`, or any other path of the API server; without a query. One that may mean something else than
   * it spells (`?`, `#`, `..`, an empty segment, `%2F`) is not sent.
   */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default `application/json`; a patch sets its own. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** For the whole answer, or for the headers of a stream; default 30,000. */
  readonly timeoutMilliseconds?: number;
  /** Given the headers of a success before its body is read. Must not throw. */
  readonly onHeaders?: (headers: IncomingHttpHeaders) => void;
}

/** What became of a request, for metrics. */
export interface KubeResponseFacts {
  readonly method: KubeRequest['method'];
  /** HTTP status; 0 when no answer came. */
  readonly code: number;
  /** Until the answer was read, or until the headers of a stream. */
  readonly milliseconds: number;
  /** Plural of the kind, `''` for paths of no kind. */
  readonly resource: string;
}

/** How a client names itself, and its bounds. */
export interface KubeClientOptions {
  /** `webhook`, `controller`, …: the API server's audit log shows `stepgate/<component>`. */
  readonly component?: string;
  /** Bound of the connections for requests, default 64; watches have their own. */
  readonly maxSockets?: number;
  /** Bound of one answer, default 256 MiB. */
  readonly maxBodyBytes?: number;
  /** How long credentials are used before they are read again, default 10,000. */
  readonly credentialsLifetimeMilliseconds?: number;
  /** Called once per request; must not throw. */
  readonly onResponse?: (facts: KubeResponseFacts) => void;
  readonly clock?: Clock;
}

/** Talks to one API server as one user. It never retries: only the caller knows what may be done twice. */
export interface KubeClient {
  /**
   * Sends a request and parses its answer.
   * @throws KubePathError for a path that is not sent
   * @throws KubeStatusError when the API server refuses
   * @throws KubeConnectionError when no usable answer comes
   */
  request<Answer>(request: KubeRequest): Promise<Answer>;
  /**
   * The body of a watch as it comes, on a connection of its own. Ending the iteration, or the signal, closes
   * it. Silence is the caller's to judge. The iteration throws KubeConnectionError, opening it the same errors
   * as `request`.
   */
  stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>>;
  /** Closes all connections; requests under way fail, later ones too. */
  close(): void;
}

const defaultTimeout = 30_000;

/** An error page has no need of more. */
const maxErrorBytes = 1024 * 1024;

/**
 * A client for the current context of a KubeConfig, or other access to a cluster, over HTTP/1.1 with connections kept alive. (HTTP/2 would
 * put watches and requests on one connection, whose loss loses all of them at once.)
 */
export function createKubeClient(kubeConfig: ClusterAccess, options: KubeClientOptions = {}): KubeClient {
  const server = kubeConfig.getCurrentCluster()?.server;
  if (server === undefined) throw new KubeConnectionError('credentials', 'The kubeconfig names no cluster');
  const clock = options.clock ?? systemClock;
  return new HttpKubeClient({
    server: new URL(server),
    clock,
    credentials: createCredentialsCache(kubeConfig, clock, options.credentialsLifetimeMilliseconds ?? 10_000),
    connections: createKubeConnections(new URL(server), options.maxSockets ?? 64),
    userAgent: options.component === undefined ? 'stepgate' : `stepgate/${options.component}`,
    maxBodyBytes: options.maxBodyBytes ?? 256 * 1024 * 1024,
    onResponse: options.onResponse,
  });
}

interface Parts {
  readonly server: URL;
  readonly clock: Clock;
  readonly credentials: CredentialsCache;
  readonly connections: KubeConnections;
  readonly userAgent: string;
  readonly maxBodyBytes: number;
  readonly onResponse: ((facts: KubeResponseFacts) => void) | undefined;
}

class HttpKubeClient implements KubeClient {
  readonly #parts: Parts;
  readonly #secure: boolean;
  readonly #hostname: string;
  readonly #port: string;
  readonly #basePath: string;
  #closed = false;

  constructor(parts: Parts) {
    const { protocol, hostname, port, pathname } = parts.server;
    this.#parts = parts;
    this.#secure = protocol === 'https:';
    // An IPv6 address has brackets in a URL and none in a socket's address.
    this.#hostname = hostname.replace(/^\[|\]$/g, '');
    this.#port = port === '' ? (this.#secure ? '443' : '80') : port;
    this.#basePath = pathname.replace(/\/+$/, '');
  }

  async request<Answer>(request: KubeRequest): Promise<Answer> {
    checkRequestPath(request.path);
    const { clock, maxBodyBytes } = this.#parts;
    const startedAt = clock.now();
    let code = 0;
    let answer: OpenAnswer | undefined;
    try {
      answer = await this.#open(request, 'requests');
      request.onHeaders?.(answer.response.headers);
      const text = await readAnswerBody(answer.response, maxBodyBytes);
      code = answer.response.statusCode ?? 0;
      return successIn(text, parse(text, request)) as Answer;
    } catch (error) {
      if (error instanceof KubeStatusError) code = error.status.code;
      // The other connections may lead to the same dead end, and each would cost its own timeout.
      if (error instanceof KubeConnectionError && error.reason === 'timeout')
        this.#parts.connections.dropIdle();
      throw error;
    } finally {
      answer?.release();
      this.#report(request, code, startedAt);
    }
  }

  async stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>> {
    checkRequestPath(request.path);
    const startedAt = this.#parts.clock.now();
    let code = 0;
    try {
      const answer = await this.#open(request, 'watches');
      answer.disarm();
      code = answer.response.statusCode ?? 0;
      return readChunks(answer);
    } catch (error) {
      if (error instanceof KubeStatusError) code = error.status.code;
      throw error;
    } finally {
      this.#report(request, code, startedAt);
    }
  }

  close(): void {
    this.#closed = true;
    this.#parts.connections.close();
  }

  /** The headers of a success. A refusal is read to its end, so that its connection can be used again. */
  async #open(request: KubeRequest, agent: keyof KubeAgents): Promise<OpenAnswer> {
    const { credentials: cache, connections, clock } = this.#parts;
    const credentials = cache.fresh() ?? (await this.#refreshed(request));
    if (this.#closed) throw new KubeConnectionError('closed', 'The client is closed');
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const answer = await openAnswer({
      secure: this.#secure,
      options: {
        agent: connections.agentsFor(credentials)[agent],
        hostname: this.#hostname,
        port: this.#port,
        method: request.method,
        path: this.#basePath + request.path + queryOf(request),
        headers: this.#headers(request, credentials, body),
      },
      body,
      signal: request.signal,
      timeoutMilliseconds: request.timeoutMilliseconds ?? defaultTimeout,
      clock,
    });
    const { statusCode = 0, headers } = answer.response;
    if (statusCode >= 200 && statusCode < 300) return answer;
    if (statusCode === 401) cache.forget(credentials);
    try {
      const text = await readAnswerBody(answer.response, maxErrorBytes);
      throw new KubeStatusError(statusOfAnswer(statusCode, text, headers['retry-after']));
    } finally {
      answer.release();
    }
  }

  #refreshed(request: KubeRequest): Promise<KubeCredentials> {
    return beforeDeadline(this.#parts.credentials.refresh(), {
      clock: this.#parts.clock,
      milliseconds: request.timeoutMilliseconds ?? defaultTimeout,
      signal: request.signal,
      what: 'Reading the credentials',
    });
  }

  #headers(request: KubeRequest, credentials: KubeCredentials, body: string | undefined) {
    const headers: Record<string, string | number> = {
      Accept: request.accept ?? 'application/json',
      'User-Agent': this.#parts.userAgent,
      ...credentials.headers,
    };
    if (body !== undefined) {
      headers['Content-Type'] = request.contentType ?? 'application/json';
      headers['Content-Length'] = Buffer.byteLength(body);
    }
    return headers;
  }

  #report(request: KubeRequest, code: number, startedAt: number): void {
    const { onResponse, clock } = this.#parts;
    if (onResponse === undefined) return;
    const milliseconds = clock.now() - startedAt;
    onResponse({ method: request.method, code, milliseconds, resource: resourceOfPath(request.path) });
  }
}

async function* readChunks(answer: OpenAnswer): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of answer.response) yield chunk as Buffer;
  } catch (error) {
    throw connectionErrorOf(error, 'The stream broke off');
  } finally {
    answer.release();
  }
}

/**
 * An eviction that more than one disruption budget has a say in is answered 201 with a Status that is a failure.
 * Source: `createHandler` in k8s.io/apiserver pkg/endpoints/handlers/create.go; client-go looks at the body as well.
 */
function successIn(text: string, answer: unknown): unknown {
  if (!isStatus(answer) || answer.status !== 'Failure') return answer;
  throw new KubeStatusError(statusOfAnswer(answer.code ?? 500, text, undefined));
}

function parse(text: string, request: KubeRequest): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = `The answer to ${request.method} ${request.path} is no JSON`;
    throw new KubeConnectionError('not-json', what, { cause: error });
  }
}

function queryOf({ query }: KubeRequest): string {
  if (query === undefined) return '';
  const pairs = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
