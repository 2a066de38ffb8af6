import type { Agent, RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { beforeDeadline } from './before-deadline.ts';
import type { Clock } from './clock.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { KubeConnectionError } from './kube-connection-error.ts';

/** What a ClusterAccess says about how to reach its API server and as whom, at one time. */
export interface KubeCredentials {
  /** `Authorization`, `Impersonate-User`, … */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Pick<
    RequestOptions,
    'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
  >;
  /** The agent that goes through the cluster's `proxy-url`, where it has one. */
  readonly proxyAgent?: Agent;
}

/** The credentials of the current context, read again when they may have changed. */
export interface CredentialsCache {
  /** The credentials, where they are young enough to be used as they are. */
  fresh(): KubeCredentials | undefined;
  /** Reads files and asks the authenticator again; concurrent calls share one reading. */
  refresh(): Promise<KubeCredentials>;
  /** After a 401: these credentials are not used again, unless a new reading finds the same. */
  forget(refused: KubeCredentials): void;
}

/** An exec plugin that takes longer hangs; the next refresh starts another. */
const readingMilliseconds = 30_000;

/**
 * Credentials are read by the access and kept for `lifetimeMilliseconds`, because it reads its files from
 * disk each time. A reading that fails leaves the previous credentials in use (a token file is absent for an
 * instant while it is replaced), unless the API server has refused them.
 */
export function createCredentialsCache(
  access: ClusterAccess,
  clock: Clock,
  lifetimeMilliseconds: number,
): CredentialsCache {
  let source: ClusterAccess | undefined = access;
  let current: KubeCredentials | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<KubeCredentials> | undefined;

  async function read(): Promise<KubeCredentials> {
    try {
      if (source === undefined || hasTokenFile(access)) source = await withoutMemory(access as KubeConfig);
      current = await readCredentials(source);
    } catch (error) {
      if (current === undefined) {
        const message = `Cannot read the credentials: ${error instanceof Error ? error.message : String(error)}`;
        throw new KubeConnectionError('credentials', message, { cause: error });
      }
    }
    readAt = clock.now();
    return current;
  }

  const deadline = { clock, milliseconds: readingMilliseconds, what: 'Reading the credentials' };
  return {
    fresh: () => (clock.now() - readAt < lifetimeMilliseconds ? current : undefined),
    refresh() {
      reading ??= beforeDeadline(read(), deadline).finally(() => {
        reading = undefined;
      });
      return reading;
    },
    forget(refused) {
      if (refused !== current) return;
      current = undefined;
      readAt = Number.NEGATIVE_INFINITY;
      if (hasExec(access)) source = undefined;
    },
  };
}

async function readCredentials(access: ClusterAccess): Promise<KubeCredentials> {
  const options: RequestOptions = { headers: {} };
  await access.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file often ends with a newline, which no header may hold.
    headers[name] = String(value).trim();
  }
  if (typeof options.auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const proxied = access.getCurrentCluster()?.proxyUrl !== undefined;
  return {
    headers,
    tls: definedOnly({
      ca: options.ca,
      cert: options.cert,
      key: options.key,
      pfx: options.pfx,
      passphrase: options.passphrase,
      servername: options.servername,
      rejectUnauthorized: options.rejectUnauthorized,
    }),
    ...(proxied && options.agent ? { proxyAgent: options.agent as Agent } : {}),
  };
}

/** client-node remembers a token file for a minute and an exec token until it expires; a new KubeConfig has no memory. */
async function withoutMemory(kubeConfig: KubeConfig): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const copy = new KubeConfig();
  copy.loadFromOptions({
    clusters: kubeConfig.getClusters(),
    users: kubeConfig.getUsers(),
    contexts: kubeConfig.getContexts(),
    currentContext: kubeConfig.getCurrentContext(),
  });
  return copy;
}

function hasTokenFile(access: ClusterAccess): boolean {
  const provider = access.getCurrentUser()?.authProvider as AuthProvider | undefined;
  return provider?.config?.tokenFile !== undefined;
}

function hasExec(access: ClusterAccess): boolean {
  const user = access.getCurrentUser();
  const provider = user?.authProvider as AuthProvider | undefined;
  return user?.exec !== undefined || provider?.name === 'exec' || provider?.config?.exec !== undefined;
}

interface AuthProvider {
  readonly name?: string;
  readonly config?: { readonly tokenFile?: string; readonly exec?: unknown };
}

/** Drops what is undefined, which exactOptionalPropertyTypes tells from what is absent. */
function definedOnly(options: {
  [Key in keyof KubeCredentials['tls']]: KubeCredentials['tls'][Key] | undefined;
}) {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as KubeCredentials['tls'];
}
