import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { controllerRbac } from '../../src/api/manifests/controller-rbac.ts';
import { customResourceDefinitions } from '../../src/api/manifests/custom-resource-definitions.ts';
import { installationNamed } from '../../src/api/manifests/installation.ts';
import { installerRbac, rotationRbac } from '../../src/api/manifests/installer-rbac.ts';
import type { SchemaObject } from '../../src/api/manifests/structural-schema.ts';
import { userRoles } from '../../src/api/manifests/user-rbac.ts';
import { statusWriterPolicyName } from '../../src/api/manifests/status-writer-policy.ts';
import { validatingAdmissionPolicies } from '../../src/api/manifests/validating-admission-policies.ts';
import {
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
} from '../../src/api/manifests/webhook-configurations.ts';
import { webhookRbac } from '../../src/api/manifests/webhook-rbac.ts';
import { defaultServerLimits } from '../../webhook/server/server-limits.ts';
import { chartFolder, objectOf, render, type RenderedObject, type RenderOptions, template } from './helm.ts';

/** The main ways to install. `make renders` writes what they render now. */
const variants: Readonly<Record<string, RenderOptions>> = {
  'with-cert-manager': {},
  'self-managed': { values: { 'certManager.enabled': false } },
  'webhook-alone': {
    values: {
      'certManager.enabled': false,
      'controller.enabled': false,
      'networkPolicy.enabled': false,
      'webhook.replicas': 1,
      'config.enforcement': 'audit',
      'rbac.aggregate': false,
    },
  },
  everything: {
    release: 'ops',
    namespace: 'workflows',
    apiVersions: ['monitoring.coreos.com/v1/ServiceMonitor', 'monitoring.coreos.com/v1/PrometheusRule'],
    values: {
      'image.digest': `sha256:${'0'.repeat(64)}`,
      imagePullSecrets: [{ name: 'registry' }],
      'certManager.issuerRef': { name: 'company', kind: 'ClusterIssuer' },
      plugins: ['/plugins/acme.js'],
      'webhook.extraEnv': [{ name: 'MAX_PARALLEL_STEPS', value: '3' }],
      'admission.clientCA': { secretName: 'api-server-ca', names: ['kube-apiserver'] },
      'admission.rotationSchedule': '0 3 * * 0',
      'webhook.extraArgs': ['--host=0.0.0.0'],
      'webhook.nodeSelector': { pool: 'system' },
      'webhook.tolerations': [{ operator: 'Exists' }],
      'controller.clusterNames': ['production'],
      'controller.reviewers': { users: ['jane'], groups: ['on-call'] },
      'controller.affinity': { nodeAffinity: {} },
      'controller.extraEnv': [{ name: 'NODE_OPTIONS', value: '--require=/agent.js' }],
      'rbac.aggregateApprover': ['admin'],
      'networkPolicy.admissionFrom': [{ ipBlock: { cidr: '10.0.0.0/28' } }],
      'networkPolicy.metricsFrom': [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
      'serviceMonitor.labels': { release: 'prometheus' },
    },
  },
};

it.each(Object.entries(variants))('renders %s as it is checked in', async (variant, options) => {
  // Definitions are compared with the code that they are made from, the dashboard with its file.
  const values = { ...options.values, 'crds.install': false, 'dashboard.enabled': false };
  const objects = await render({ ...options, values });
  // Helms of different versions write differently what is the same.
  const text = objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, `renders/${variant}.yaml`));
});

it('renders the dashboard as Grafana reads it', async () => {
  const { data, metadata } = objectOf(await render(), 'ConfigMap', 'stepgate-dashboard') as RenderedObject & {
    readonly data: Readonly<Record<string, string>>;
  };
  expect(metadata.labels?.['grafana_dashboard']).toBe('1');
  expect(data['stepgate.json']).toBe(readFileSync(join(chartFolder, 'monitoring/dashboard.json'), 'utf8'));
});

describe('what is made from code', () => {
  const installation = installationNamed('ops-stepgate', 'workflows');
  const options = {
    release: 'ops',
    namespace: 'workflows',
    values: { 'certManager.enabled': false, 'admission.rotationSchedule': '@weekly' },
  };

  it('says of another release what the code says of it, in every object', async () => {
    const rendered = await render(options);
    const service = { namespace: 'workflows', name: 'ops-stepgate-webhook' };
    const made: readonly SchemaObject[] = [
      ...customResourceDefinitions(),
      ...validatingAdmissionPolicies(installation).flat(),
      ...webhookRbac(installation),
      ...installerRbac(installation),
      ...rotationRbac(installation),
      ...controllerRbac(installation),
      ...userRoles().map((role) => renamed(role, 'ops-stepgate')),
      withoutPaths(mutatingWebhookConfiguration({ clientConfig: { service } })),
      withoutPaths(validatingWebhookConfiguration({ clientConfig: { service } })),
    ];
    for (const object of made) {
      const { kind, metadata } = object as unknown as RenderedObject;
      const { metadata: renderedMetadata, ...rest } = objectOf(rendered, kind, metadata.name);
      const { metadata: _, ...expected } = object;
      expect(rest).toEqual(expected);
      expect(renderedMetadata).toMatchObject({ labels: metadata.labels, name: metadata.name });
      expect(renderedMetadata.namespace).toBe(metadata.namespace);
      expect(renderedMetadata.labels?.['app.kubernetes.io/managed-by']).toBe('Helm');
    }
  });

  it('knows no namespace but its own', async () => {
    const { stdout } = await template(options);
    expect(stdout.replaceAll('kubernaut-workflowexecution-config', '')).not.toContain('kubernaut-system');
  });
});

/** The path is written by the installer, which knows its first segment. */
function withoutPaths(configuration: SchemaObject): SchemaObject {
  const webhooks = configuration['webhooks'] as readonly {
    readonly clientConfig: { readonly service: { readonly path?: string } };
  }[];
  return {
    ...configuration,
    webhooks: webhooks.map((webhook) => {
      const { path: _, ...service } = webhook.clientConfig.service;
      return { ...webhook, clientConfig: { service } };
    }),
  };
}

function renamed(role: SchemaObject, installation: string): SchemaObject {
  const { metadata, ...rest } = role as unknown as RenderedObject;
  return { ...rest, metadata: { ...metadata, name: metadata.name.replace('stepgate', installation) } };
}

it('puts further writers of a status into the expression of its policy', async () => {
  const statusWriters = ['system:serviceaccount:ops:runner', 'pipeline@example.com'];
  const policy = objectOf(
    await render({ values: { statusWriters } }),
    'ValidatingAdmissionPolicy',
    statusWriterPolicyName,
  );
  const { variables } = policy['spec'] as { variables: readonly { name: string; expression: string }[] };
  expect(variables.find(({ name }) => name === 'furtherWriters')?.expression).toBe(
    JSON.stringify(statusWriters),
  );
});

describe('the account that rotates', () => {
  it.each([
    ['has no rights while nothing is scheduled', {}, true, []],
    [
      'has them where a schedule says when',
      { 'admission.rotationSchedule': '@weekly' },
      false,
      ['ClusterRoleBinding', 'RoleBinding'],
    ],
  ] as const)('%s', async (_, values, suspended, bindings) => {
    const objects = await render({ values });
    expect(objectOf(objects, 'CronJob', 'stepgate-rotation')['spec']).toMatchObject({ suspend: suspended });
    const bound = objects.filter(
      ({ kind, metadata }) => kind.endsWith('Binding') && metadata.name === 'stepgate-rotation',
    );
    expect(bound.map(({ kind }) => kind).sort()).toEqual(bindings);
  });
});

describe('the installer', () => {
  it('leaves no right behind: its account, roles and bindings are hooks, which helm deletes', async () => {
    const ofInstaller = (await render()).filter(({ metadata }) =>
      /-(installer|prepare|publish)$/.test(metadata.name),
    );
    expect(ofInstaller.map(({ kind }) => kind).sort()).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'Job',
      'Job',
      'Role',
      'RoleBinding',
      'ServiceAccount',
    ]);
    for (const { metadata } of ofInstaller) {
      expect(metadata.annotations?.['helm.sh/hook-delete-policy']).toBe(
        'before-hook-creation,hook-succeeded',
      );
    }
  });
});

describe('the webhook', () => {
  it('has the time to drain after its last caller was told', async () => {
    const deployment = objectOf(await render(), 'Deployment', 'stepgate-webhook');
    const { spec } = (deployment['spec'] as { template: { spec: PodSpec } }).template;
    const [{ lifecycle }] = spec.containers;
    const { drainDelayMilliseconds, drainDeadlineMilliseconds } = defaultServerLimits;
    const draining =
      lifecycle.preStop.sleep.seconds + (drainDelayMilliseconds + drainDeadlineMilliseconds) / 1000;
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(draining + 5);
  });

  it('is asked about its own kinds alone, and no namespace is exempt', async () => {
    const objects = await render();
    for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']) {
      const webhooks = objectOf(objects, kind, 'stepgate')['webhooks'] as readonly Webhook[];
      for (const webhook of webhooks) {
        expect(webhook.failurePolicy).toBe('Fail');
        expect(webhook.namespaceSelector ?? webhook.objectSelector).toBeUndefined();
        for (const { apiGroups } of webhook.rules)
          for (const each of apiGroups) expect(each).toMatch(/\.kubernaut\.io$/);
      }
    }
  });
});

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly [{ readonly lifecycle: { preStop: { sleep: { seconds: number } } } }];
}

interface Webhook {
  readonly failurePolicy: string;
  readonly namespaceSelector?: unknown;
  readonly objectSelector?: unknown;
  readonly rules: readonly { readonly apiGroups: readonly string[] }[];
}

describe('approving', () => {
  it.each([
    ['joins no ClusterRole by default', {}, []],
    ['joins those that are named', { 'rbac.aggregateApprover': ['admin'] }, ['admin']],
  ] as const)('%s', async (_, values, joined) => {
    const roles = (await render({ values })).filter(({ kind }) => kind === 'ClusterRole');
    const approving = roles.filter((role) => JSON.stringify(role['rules']).includes('"approve"'));
    expect(approving.map(({ metadata }) => metadata.name)).toEqual(['stepgate-approver']);
    const labels = Object.keys(approving[0]?.metadata.labels ?? {});
    expect(labels.filter((label) => label.includes('aggregate-to'))).toEqual(
      joined.map((role) => `rbac.authorization.k8s.io/aggregate-to-${role}`),
    );
  });
});
