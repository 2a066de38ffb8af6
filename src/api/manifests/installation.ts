/** Where stepgate runs and as whom: what policies and roles must agree on. */
export interface Installation {
  /** Namespace of stepgate's pods, their Secret and the ConfigMap. */
  readonly namespace: string;
  /** ServiceAccount of the webhook, in that namespace. */
  readonly webhookServiceAccount: string;
  /** ServiceAccount of the controller, in that namespace. */
  readonly controllerServiceAccount: string;
  /** ServiceAccount of the jobs that install and upgrade, in that namespace. */
  readonly installerServiceAccount: string;
  /** ServiceAccount of the job that rotates the admission path, in that namespace. */
  readonly rotationServiceAccount: string;
  /** ClusterRole by which ServiceAccounts may run executions. */
  readonly actionAccountRole: string;
  /** Lease that tells which controller works, in that namespace. */
  readonly controllerLease: string;
  /** Service in front of the webhook, in that namespace. */
  readonly webhookService: string;
  /** Secret with the webhook's certificates. */
  readonly certificateSecret: string;
  /** Secret with the segment of the admission path: `current`, and `previous` while it is rotated. */
  readonly admissionPathSecret: string;
  /** ConfigMap with the configuration. */
  readonly configMap: string;
}

/**
 * The installation that is called `name`: its accounts, its Service, its Secret and its Lease are called after it. The
 * ConfigMap is not, because people and other programs know it by its name; neither is what a cluster has only once, such
 * as the webhook configurations.
 */
export function installationNamed(name: string, namespace: string): Installation {
  return {
    namespace,
    webhookServiceAccount: `${name}-webhook`,
    controllerServiceAccount: `${name}-controller`,
    installerServiceAccount: `${name}-installer`,
    rotationServiceAccount: `${name}-rotation`,
    actionAccountRole: `${name}-action-account`,
    controllerLease: `${name}-controller`,
    webhookService: `${name}-webhook`,
    certificateSecret: `${name}-webhook-certificates`,
    admissionPathSecret: `${name}-admission-path`,
    configMap: 'kubernaut-workflowexecution-config',
  };
}

/** Name of an installation that was given no other. */
export const defaultInstallationName = 'stepgate';

/** The installation that the checked-in manifests describe. */
export const defaultInstallation: Installation = installationNamed(
  defaultInstallationName,
  'kubernaut-system',
);

/** How the API server calls the webhook's ServiceAccount. Source: apiserver `serviceaccount.MakeUsername`. */
export function webhookUserName(installation: Installation): string {
  return `system:serviceaccount:${installation.namespace}:${installation.webhookServiceAccount}`;
}

/** The same of the controller's ServiceAccount. */
export function controllerUserName(installation: Installation): string {
  return `system:serviceaccount:${installation.namespace}:${installation.controllerServiceAccount}`;
}

/** Labels of every object that stepgate installs. */
export const manifestLabels = { 'app.kubernetes.io/name': 'stepgate' } as const;
