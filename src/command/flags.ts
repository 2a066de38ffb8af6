import { parseArgs, type ParseArgsConfig } from 'node:util';
import {
  defaultInstallation,
  defaultInstallationName,
  type Installation,
  installationNamed,
} from '../api/manifests/installation.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { loadClusterAccess } from '../kube/load-cluster-access.ts';
import { createLogger, logLevels, type Logger } from '../observability/logger.ts';
import type { CommandHost } from './command.ts';
import { UsageError } from './usage-error.ts';

/** Flags that every command has. */
export const commonFlags = {
  kubeconfig: { type: 'string' },
  namespace: { type: 'string' },
  installation: { type: 'string', default: defaultInstallationName },
  host: { type: 'string' },
  'metrics-port': { type: 'string', default: '8080' },
  plugin: { type: 'string', multiple: true },
  'log-level': { type: 'string', default: 'info' },
} as const;

/** What the flags mean that name the cluster and the installation. */
export const installationUsage = `  --kubeconfig FILE          default: KUBECONFIG, ~/.kube/config, or the pod's service account
  --namespace NAME           namespace of the installation (default ${defaultInstallation.namespace}, or POD_NAMESPACE)
  --installation NAME        its Service, Secrets and Lease are called after it: NAME-webhook, NAME-admission-path,
                             NAME-webhook-certificates, NAME-controller (default ${defaultInstallationName})`;

/** What the common flags mean, but for `--plugin`. */
export const commonUsage = `${installationUsage}
  --host ADDRESS             address to listen on (default: all)
  --metrics-port N           /healthz, /readyz and /metrics, plain HTTP (default 8080; 0 takes a free one)`;

export const lastUsage = `  --log-level LEVEL          ${logLevels.join(', ')} (default info)
  --help`;

/** The flags of a command. @throws UsageError */
export function readFlags<const Flags extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  flags: Flags,
) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: false, allowNegative: true })
      .values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws UsageError that names the flag */
export function portOf(flag: string, text: string): number {
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || number > 65_535) throw new UsageError(`--${flag}: ${text} is no port`);
  return number;
}

/** @throws UsageError for a level that there is not */
export function loggerOf(level: string, component: string): Logger {
  const known = logLevels.find((each) => each === level);
  if (known === undefined) {
    throw new UsageError(`--log-level: expected one of ${logLevels.join(', ')}, got ${level}`);
  }
  return createLogger({ level: known, component });
}

/** The cluster to talk to. @throws KubeConnectionError (credentials) where there is none, or it cannot be read */
export function kubeConfigOf(file: string | undefined, { environment }: CommandHost): Promise<ClusterAccess> {
  return loadClusterAccess({ file, environment });
}

/** The installation of that name in the namespace of the flag, of the pod, or in the default one. */
export function installationOf(
  values: { readonly installation: string; readonly namespace?: string | undefined },
  { environment }: CommandHost,
): Installation {
  const namespace = values.namespace ?? environment['POD_NAMESPACE'] ?? defaultInstallation.namespace;
  return installationNamed(values.installation, namespace);
}

/** Name of this process among its replicas. */
export function replicaOf({ environment, hostname }: CommandHost): string {
  return environment['POD_NAME'] ?? hostname;
}
