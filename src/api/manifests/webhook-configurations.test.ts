import { describe, expect, it } from 'vitest';
import { mutatingWebhookConfiguration, validatingWebhookConfiguration } from './webhook-configurations.ts';

interface Webhook {
  readonly name: string;
  readonly clientConfig: Readonly<Record<string, unknown>>;
  readonly namespaceSelector?: unknown;
  readonly failurePolicy: string;
}

const clientConfig = { url: 'https://127.0.0.1:9443' };
const both = [mutatingWebhookConfiguration, validatingWebhookConfiguration];
const webhooks = both.flatMap((make) => make({ clientConfig })['webhooks'] as readonly Webhook[]);

describe('webhook configurations', () => {
  it('name the webhooks as clients will see them', () => {
    expect(webhooks.map(({ name }) => name)).toEqual([
      'kubernetesexecutions.mutate.stepgate.kubernaut.io',
      'workflowexecutions.mutate.stepgate.kubernaut.io',
      'aiapprovalrequests.mutate.stepgate.kubernaut.io',
      'aianalyses.mutate.stepgate.kubernaut.io',
      'kubernetesexecutions.validate.stepgate.kubernaut.io',
      'workflowexecutions.validate.stepgate.kubernaut.io',
      'aiapprovalrequests.validate.stepgate.kubernaut.io',
      'aianalyses.validate.stepgate.kubernaut.io',
    ]);
  });

  it('exempt no namespace and fail closed', () => {
    for (const webhook of webhooks) {
      expect(webhook).not.toHaveProperty('namespaceSelector');
      expect(webhook).not.toHaveProperty('objectSelector');
      expect(webhook.failurePolicy).toBe('Fail');
    }
  });

  it('lead to a URL or to a Service, with the authority where it is known', () => {
    expect(webhooks.map((webhook) => webhook.clientConfig)).toEqual([
      { url: 'https://127.0.0.1:9443/mutate/kubernetesexecutions' },
      { url: 'https://127.0.0.1:9443/mutate/workflowexecutions' },
      { url: 'https://127.0.0.1:9443/mutate/aiapprovalrequests' },
      { url: 'https://127.0.0.1:9443/mutate/aianalyses' },
      { url: 'https://127.0.0.1:9443/validate/kubernetesexecutions' },
      { url: 'https://127.0.0.1:9443/validate/workflowexecutions' },
      { url: 'https://127.0.0.1:9443/validate/aiapprovalrequests' },
      { url: 'https://127.0.0.1:9443/validate/aianalyses' },
    ]);
    const service = { namespace: 'n', name: 's' };
    expect(
      validatingWebhookConfiguration({ clientConfig: { service }, caBundle: 'Zm9v' })['webhooks'],
    ).toMatchObject([
      {
        clientConfig: {
          service: { namespace: 'n', name: 's', path: '/validate/kubernetesexecutions', port: 443 },
          caBundle: 'Zm9v',
        },
      },
      { clientConfig: { service: { path: '/validate/workflowexecutions' }, caBundle: 'Zm9v' } },
      { clientConfig: { service: { path: '/validate/aiapprovalrequests' }, caBundle: 'Zm9v' } },
      { clientConfig: { service: { path: '/validate/aianalyses' }, caBundle: 'Zm9v' } },
    ]);
  });

  it('have the segment of the admission path before every path', () => {
    const { url } = clientConfig;
    const ofUrl = mutatingWebhookConfiguration({ clientConfig, admissionPath: 'secret' })['webhooks'];
    expect(ofUrl).toMatchObject([
      { clientConfig: { url: `${url}/secret/mutate/kubernetesexecutions` } },
      { clientConfig: { url: `${url}/secret/mutate/workflowexecutions` } },
      { clientConfig: { url: `${url}/secret/mutate/aiapprovalrequests` } },
      { clientConfig: { url: `${url}/secret/mutate/aianalyses` } },
    ]);
    const service = { namespace: 'n', name: 's' };
    const ofService = validatingWebhookConfiguration({ clientConfig: { service }, admissionPath: 'secret' });
    expect(ofService['webhooks']).toMatchObject([
      { clientConfig: { service: { path: '/secret/validate/kubernetesexecutions' } } },
      { clientConfig: { service: { path: '/secret/validate/workflowexecutions' } } },
      { clientConfig: { service: { path: '/secret/validate/aiapprovalrequests' } } },
      { clientConfig: { service: { path: '/secret/validate/aianalyses' } } },
    ]);
  });
});
