import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Cluster, User } from '@kubernetes/client-node';
import type { ClusterAccess } from './cluster-access.ts';

/** A cluster, and a user with a token, a certificate, a password or nothing. */
export interface PlainAccessOptions {
  /** Without `proxyUrl`. */
  readonly cluster: Cluster;
  /** Without `exec` and `authProvider`. */
  readonly user: User;
  /** Read for each reading of the credentials: kubelet renews it. */
  readonly tokenFile?: string;
}

/** Access that needs neither a plugin nor a proxy. Files are read each time. */
export function createPlainAccess({ cluster, user, tokenFile }: PlainAccessOptions): ClusterAccess {
  return {
    getCurrentCluster: () => cluster,
    getCurrentUser: () => user,
    async applyToHTTPSOptions(options) {
      const [ca, cert, key, token] = await Promise.all([
        bytesOf(cluster.caFile, cluster.caData),
        bytesOf(user.certFile, user.certData),
        bytesOf(user.keyFile, user.keyData),
        tokenFile === undefined ? user.token : readFile(tokenFile, 'utf8'),
      ]);
      const given: RequestOptions = {
        ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
        ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
        ...(ca && { ca }),
        ...(cert && { cert }),
        ...(key && { key }),
        ...(user.username && { auth: `${user.username}:${user.password ?? ''}` }),
      };
      Object.assign(options, given, {
        headers: {
          ...(options.headers as OutgoingHttpHeaders | undefined),
          ...(token && { Authorization: `Bearer ${token.trim()}` }),
          ...(user.impersonateUser && { 'Impersonate-User': user.impersonateUser }),
        },
      });
    },
  };
}

/** The file wins over base64, as in client-node and kubectl's `--certificate-authority`. */
async function bytesOf(file: string | undefined, base64: string | undefined): Promise<Buffer | undefined> {
  if (file) return readFile(file);
  return base64 ? Buffer.from(base64, 'base64') : undefined;
}
