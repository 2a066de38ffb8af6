import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { alreadyExists } from '../../src/policy/execution-refusals.ts';
import { allowed } from '../../src/policy/verdict.ts';
import { makeGeneratedExecution } from '../builders/execution-builder.ts';
import {
  issueTestCertificates,
  startWebhookUnderTest,
  testRoute,
  type WebhookUnderTest,
} from '../builders/webhook-under-test.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { openNamespace } from './open-namespace.ts';
import { outcomesOf, refusalOf } from './refusal.ts';

/**
 * Creates that fail after they were admitted: their slots come back. The lifetime is the shortest there is. What
 * fails them is a ResourceQuota, which is asked after all webhooks, and another webhook, which is asked beside us.
 */
const lifetimeMilliseconds = 35_000;
const quotaResource = `count/${kubernetesExecutionKind.plural}.${kubernetesExecutionKind.group}`;
const otherWebhookLabel = 'other-webhook';
let cluster: InstalledCluster;
let client: KubeClient;
let other: WebhookUnderTest;
const askedOther: string[] = [];

beforeAll(async () => {
  cluster = await startInstalledCluster({
    controllerManager: false,
    environment: { RESERVATION_LIFETIME: `${lifetimeMilliseconds / 1_000}s` },
  });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  other = await startWebhookUnderTest(await issueTestCertificates(), {
    routes: [
      {
        path: testRoute,
        handler: async ({ name }) => {
          askedOther.push(name);
          return askedOther.length <= 3 ? alreadyExists(name) : allowed;
        },
      },
    ],
  });
});

afterAll(async () => {
  client?.close();
  await other?.server.drain();
  await cluster?.stop();
});

/** There is no controller here that would write the status. */
async function setQuota(namespace: string, executions: number): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/resourcequotas/executions`;
  const contentType = 'application/apply-patch+yaml';
  const query = { fieldManager: 'test', force: 'true' };
  const hard = { [quotaResource]: String(executions) };
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'executions' } };
  await client.request({ method: 'PATCH', path, contentType, query, body: { ...quota, spec: { hard } } });
  const used = { [quotaResource]: '0' };
  const body = { ...quota, status: { hard, used } };
  await client.request({ method: 'PATCH', path: `${path}/status`, contentType, query, body });
}

describe.concurrent('a create that a quota refuses after it was admitted', () => {
  it(
    'holds its slot for no longer than its lifetime, and then it is given to the next',
    { timeout: 90_000 },
    async () => {
      const namespace = await openNamespace(client, 'quota-lifetime');
      // Before anything of its kinds is created: the API server remembers for 30 s that a namespace has no quota.
      await setQuota(namespace.name, 2);
      const workflow = await namespace.workflow();
      await eventually('the quota is in force', async () => {
        const { refused } = await outcomesOf(
          Array.from({ length: 5 }, (_, index) => namespace.execute(workflow, `step-${index}`)),
        );
        return refused.some(({ message }) => message.includes('exceeded quota'));
      });
      const admittedAt = performance.now();
      expect(await namespace.active()).toHaveLength(2);
      await setQuota(namespace.name, 100);
      expect(await refusalOf(namespace.execute(workflow, 'another'))).toMatchObject({ code: 429 });
      for (const name of ['sixth', 'seventh', 'eighth']) {
        await namespace.executeWhenFree(workflow, name, lifetimeMilliseconds + 10_000);
      }
      expect(performance.now() - admittedAt).toBeGreaterThan(lifetimeMilliseconds - 5_000);
      expect(await refusalOf(namespace.execute(workflow, 'ninth'))).toMatchObject({ code: 429 });
      expect(await namespace.active()).toHaveLength(5);
    },
  );

  it('has its slot at once when it is tried again', async () => {
    const namespace = await openNamespace(client, 'quota-again');
    const workflow = await namespace.workflow();
    await setQuota(namespace.name, 0);
    const names = [1, 2, 3, 4, 5].map((step) => `step-${step}`);
    await eventually('the quota is in force', async () => {
      const { refused } = await outcomesOf(names.map((name) => namespace.execute(workflow, name)));
      return refused.length === 5;
    });
    await setQuota(namespace.name, 100);
    await eventually('the quota is raised', async () => {
      const { refused } = await outcomesOf(names.map((name) => namespace.execute(workflow, name)));
      return refused.every(({ code }) => code === 409);
    });
    expect(await namespace.active()).toEqual(names);
    expect(await refusalOf(namespace.execute(workflow, 'sixth'))).toMatchObject({ code: 429 });
  });
});

describe.concurrent('a name that is made up and exists already', () => {
  it('is made up again by the API server, who takes our 409 for its own', async () => {
    const namespace = await openNamespace(client, 'made-up');
    const workflow = await namespace.workflow();
    await client.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace.name}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { labels: { [otherWebhookLabel]: 'true' } } },
    });
    await installOther();
    let created = '';
    await eventually('the other webhook is asked', async () => {
      const execution = makeGeneratedExecution('step-').of(workflow).build();
      try {
        created = (await namespace.executions.create<KubernetesExecution>(execution)).metadata.name ?? '';
      } catch (error) {
        // Those that are deleted are not seen to be gone yet.
        if (isKubeStatus(error, 429)) return false;
        throw error;
      }
      if (askedOther.length === 0) await namespace.executions.delete(created);
      return askedOther.length > 0;
    });
    expect(askedOther).toHaveLength(4);
    expect(new Set(askedOther).size).toBe(4);
    expect(created).toBe(askedOther[3]);
  });
});

/** A validating webhook beside ours, for namespaces with the label. */
async function installOther(): Promise<void> {
  const { group, version, plural } = kubernetesExecutionKind;
  const body = {
    metadata: { name: 'other' },
    webhooks: [
      {
        name: 'other.example.com',
        clientConfig: {
          url: `https://127.0.0.1:${other.port}${testRoute}`,
          caBundle: Buffer.from(other.ca).toString('base64'),
        },
        namespaceSelector: { matchLabels: { [otherWebhookLabel]: 'true' } },
        rules: [{ apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources: [plural] }],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  };
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  await client.request({ method: 'POST', path, body });
}
