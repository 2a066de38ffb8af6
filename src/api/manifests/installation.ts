/** Where stepgate runs and as whom: what policies and roles must agree on. */
export interface Installation {
  /** Namespace of stepgate's pods, their Secret and the ConfigMap. */
  readonly namespace: string;
  /** ServiceAccount of the webhook, in that namespace. */
  readonly webhookServiceAccount: string;
  /** ServiceAccount of the controller, in that namespace. */
  readonly controllerServiceAccount: string;
  /** Lease that tells which controller works, in that namespace. */
  readonly controllerLease: string;
  /** Service in front of the webhook, in that namespace. */
  readonly webhookService: string;
  /** Secret with the webhook's certificates. */
  readonly certificateSecret: string;
  /** ConfigMap with the configuration. */
  readonly configMap: string;
}

/** The installation that the checked-in manifests describe. */
export const defaultInstallation: Installation = {
  namespace: 'kubernaut-system',
  webhookServiceAccount: 'stepgate-webhook',
  controllerServiceAccount: 'stepgate-controller',
  controllerLease: 'stepgate-controller',
  webhookService: 'stepgate-webhook',
  certificateSecret: 'stepgate-webhook-certificates',
  configMap: 'kubernaut-workflowexecution-config',
};

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
