import { KubeConfig } from '@kubernetes/client-node';

export interface KubeconfigFacts {
  /** `https://127.0.0.1:12345` */
  readonly url: string;
  readonly authorityPem: string;
  readonly user: string;
  readonly token: string;
}

/** The text of a kubeconfig with one context. JSON is YAML, and needs no library. */
export function kubeconfigText({ url, authorityPem, user, token }: KubeconfigFacts): string {
  const authority = Buffer.from(authorityPem).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'stepgate', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'stepgate', context: { cluster: 'stepgate', user, namespace: 'default' } }],
    'current-context': 'stepgate',
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** The same, loaded for client-node. */
export function loadKubeConfig(facts: KubeconfigFacts): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(kubeconfigText(facts));
  return config;
}
