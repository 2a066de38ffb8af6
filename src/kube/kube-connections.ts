import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { KubeConnectionError } from './kube-connection-error.ts';
import type { KubeCredentials } from './kube-credentials.ts';

/** `requests` has a bound; `watches` has none, so that watches never make a request wait for a socket. */
export interface KubeAgents {
  readonly requests: HttpAgent;
  readonly watches: HttpAgent;
}

/** The kept-alive connections to one API server. */
export interface KubeConnections {
  /** The agents that fit these credentials: the same ones as before, unless their TLS part changed. */
  agentsFor(credentials: KubeCredentials): KubeAgents;
  /** Closes the connections that nobody uses: after a timeout they may lead to a host that is gone. */
  dropIdle(): void;
  /** Closes all connections, used ones too. */
  close(): void;
}

/**
 * The API server closes a connection after 90 s of idleness; a request sent at that very moment is lost, so
 * we close first. Source: `IdleTimeout` in k8s.io/apiserver/pkg/server/secure_serving.go.
 */
const idleMilliseconds = 60_000;

/** @param maxSockets bound of the connections for requests; further requests wait for one */
export function createKubeConnections(server: URL, maxSockets: number): KubeConnections {
  let current: { credentials: KubeCredentials; agents: KubeAgents } | undefined;

  function agentsFor(credentials: KubeCredentials): KubeAgents {
    if (current?.credentials === credentials) return current.agents;
    const agents =
      current !== undefined && sameWay(current.credentials, credentials)
        ? current.agents
        : createAgents(server, credentials, maxSockets);
    if (current !== undefined && current.agents !== agents) retire(current.agents);
    current = { credentials, agents };
    return agents;
  }

  return {
    agentsFor,
    dropIdle() {
      if (current === undefined) return;
      closeIdle(current.agents.requests);
      closeIdle(current.agents.watches);
    },
    close() {
      if (current === undefined) return;
      destroy(current.agents.requests);
      destroy(current.agents.watches);
      current = undefined;
    },
  };
}

function createAgents(server: URL, credentials: KubeCredentials, maxSockets: number): KubeAgents {
  // client-node's own agent knows the way through the proxy; it has no bound on sockets.
  if (credentials.proxyAgent !== undefined) {
    return { requests: credentials.proxyAgent, watches: credentials.proxyAgent };
  }
  const options: AgentOptions = {
    keepAlive: true,
    keepAliveMsecs: 30_000,
    timeout: idleMilliseconds,
    // The warmest connection first; the others may then idle out.
    scheduling: 'lifo',
  };
  const bounded: AgentOptions = { ...options, maxSockets, maxFreeSockets: maxSockets };
  if (server.protocol === 'http:')
    return { requests: new HttpAgent(bounded), watches: new HttpAgent(options) };
  const tls = tlsOptions(credentials);
  return {
    requests: new HttpsAgent({ ...bounded, ...tls }),
    watches: new HttpsAgent({ ...options, ...tls }),
  };
}

/**
 * Certificates and keys are parsed once, not once per connection; and an agent that is given a context instead
 * of them does not build its connections' names out of them for every request.
 */
function tlsOptions({ tls }: KubeCredentials): AgentOptions {
  const { servername, rejectUnauthorized, ...context } = tls;
  try {
    return {
      secureContext: createSecureContext(context),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    };
  } catch (error) {
    const message = `Cannot use the certificates: ${error instanceof Error ? error.message : String(error)}`;
    throw new KubeConnectionError('credentials', message, { cause: error });
  }
}

/** A new token needs no new connections; new certificates do. */
function sameWay(left: KubeCredentials, right: KubeCredentials): boolean {
  return left.proxyAgent === right.proxyAgent && isDeepStrictEqual(left.tls, right.tls);
}

/** Lets requests under way finish, then keeps none of their connections. */
function retire(agents: KubeAgents): void {
  for (const agent of [agents.requests, agents.watches]) {
    agent.maxFreeSockets = 0;
    closeIdle(agent);
  }
}

function closeIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

/** Requests that wait for a socket go first, or they would get the sockets that the others leave. */
function destroy(agent: HttpAgent): void {
  for (const waiting of Object.values(agent.requests)) {
    for (const request of waiting ?? []) request.destroy();
  }
  agent.destroy();
}
