import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { delimiter, join } from 'node:path';
import type { ClusterAccess } from './cluster-access.ts';
import { KubeConnectionError } from './kube-connection-error.ts';
import { readKubeconfig } from './kubeconfig-file.ts';
import { createPlainAccess } from './plain-access.ts';

/** Where to look for a cluster. */
export interface AccessSources {
  /** A kubeconfig that somebody has named; nothing else is looked at then. */
  readonly file?: string | undefined;
  /** KUBECONFIG, HOME, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where kubelet mounts a pod's account: `token` and `ca.crt`. */
  readonly serviceAccountFolder?: string;
}

/**
 * The cluster that kubectl would talk to: of the file, of KUBECONFIG, of ~/.kube/config, or the one whose pod this is.
 * @throws KubeConnectionError (credentials) where there is none, or where it cannot be read
 */
export async function loadClusterAccess({
  file,
  environment,
  serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount',
}: AccessSources): Promise<ClusterAccess> {
  if (file !== undefined) return readKubeconfig(file);
  const [first, ...others] = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((each) => each !== '');
  if (others.length > 0) return loadSeveral();
  if (first !== undefined) return readKubeconfig(first);
  const ofHome = join(environment['HOME'] ?? '', '.kube', 'config');
  if (environment['HOME'] && existsSync(ofHome)) return readKubeconfig(ofHome);
  const tokenFile = join(serviceAccountFolder, 'token');
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (!host || !existsSync(tokenFile)) {
    throw new KubeConnectionError(
      'credentials',
      'There is no cluster to talk to: no --kubeconfig, no KUBECONFIG, no ~/.kube/config, and this is no pod with a service account',
    );
  }
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const caFile = join(serviceAccountFolder, 'ca.crt');
  return createPlainAccess({
    cluster: { name: 'pod', server, caFile, skipTLSVerify: false },
    user: { name: 'pod' },
    tokenFile,
  });
}

/** How several files become one is client-node's knowledge; it reads KUBECONFIG itself. */
async function loadSeveral(): Promise<ClusterAccess> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  return kubeConfig;
}
