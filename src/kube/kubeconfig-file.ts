import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Cluster, User } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { z } from 'zod';
import type { ClusterAccess } from './cluster-access.ts';
import { KubeConnectionError } from './kube-connection-error.ts';
import { createPlainAccess } from './plain-access.ts';

/** Source: k8s.io/client-go/tools/clientcmd/api/v1 `Config`. */
const text = z.string().nullish();
const clusterSchema = z.looseObject({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': text,
});
const userSchema = z.looseObject({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  as: text,
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
});
const kubeconfigSchema = z.looseObject({
  'current-context': text,
  contexts: z
    .array(z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: text }) }))
    .nullish(),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: clusterSchema })).nullish(),
  users: z.array(z.looseObject({ name: z.string(), user: userSchema.nullish() })).nullish(),
});

/**
 * The current context of a kubeconfig file. Plugins, other authenticators and proxies are left to client-node, which
 * is loaded for them alone.
 * @throws KubeConnectionError (credentials) where the file cannot be read, is no kubeconfig, or names no cluster
 */
export async function readKubeconfig(file: string): Promise<ClusterAccess> {
  const { cluster, user } = parse(file);
  if (user.exec || user['auth-provider'] || cluster['proxy-url']) {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(file);
    return kubeConfig;
  }
  const tokenFile = pathOf(file, user.tokenFile);
  return createPlainAccess({
    cluster: clusterOf(file, cluster),
    user: userOf(file, user),
    ...(tokenFile === undefined ? {} : { tokenFile }),
  });
}

function parse(file: string): {
  cluster: z.infer<typeof clusterSchema>;
  user: z.infer<typeof userSchema>;
} {
  const { data, error } = kubeconfigSchema.safeParse(yamlOf(file));
  if (data === undefined) throw new KubeConnectionError('credentials', `${file}: ${z.prettifyError(error)}`);
  const context = data.contexts?.find(({ name }) => name === data['current-context'])?.context;
  const cluster = data.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  if (cluster === undefined) {
    throw new KubeConnectionError('credentials', `${file}: The kubeconfig names no cluster`);
  }
  return { cluster, user: data.users?.find(({ name }) => name === context?.user)?.user ?? {} };
}

function yamlOf(file: string): unknown {
  try {
    return load(readFileSync(file, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new KubeConnectionError('credentials', `Cannot read the kubeconfig ${file}: ${message}`, {
      cause: error,
    });
  }
}

function clusterOf(file: string, cluster: z.infer<typeof clusterSchema>): Cluster {
  return definedOnly({
    name: 'current',
    server: cluster.server.replace(/\/$/, ''),
    skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
    caFile: pathOf(file, cluster['certificate-authority']),
    caData: cluster['certificate-authority-data'],
    tlsServerName: cluster['tls-server-name'],
  });
}

function userOf(file: string, user: z.infer<typeof userSchema>): User {
  return definedOnly({
    name: 'current',
    token: user.token,
    username: user.username,
    password: user.password,
    certFile: pathOf(file, user['client-certificate']),
    certData: user['client-certificate-data'],
    keyFile: pathOf(file, user['client-key']),
    keyData: user['client-key-data'],
    impersonateUser: user.as,
  });
}

/** Paths are relative to the file that has them. */
function pathOf(file: string, path: string | null | undefined): string | undefined {
  return path ? resolve(dirname(file), path) : undefined;
}

/** Drops what is null or undefined. */
function definedOnly<Whole extends object>(fields: {
  [Key in keyof Whole]: Whole[Key] | null | undefined;
}): Whole {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as Whole;
}
