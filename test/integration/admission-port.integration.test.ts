import { writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  validateExecutionsPath,
  validatingWebhookConfiguration,
  webhookConfigurationName,
} from '../../src/api/manifests/webhook-configurations.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeAdmissionReviewBytes } from '../builders/admission-review-builder.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { admissionPathOf, randomSegment } from '../cluster/admission-path.ts';
import { eventually } from '../cluster/eventually.ts';
import { installWebhookConfigurations } from '../cluster/install-manifests.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import type { WebhookReplica } from '../cluster/webhook-replica.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { refusalOf } from './refusal.ts';

let cluster: InstalledCluster;
let client: KubeClient;

beforeAll(async () => {
  cluster = await startInstalledCluster({
    controllerManager: false,
    environment: { MAX_PARALLEL_STEPS: '10000' },
  });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

/** The HTTP status of a request to a replica's own port, as anybody may send it. */
async function statusOf({ port }: WebhookReplica, path: string, body?: Uint8Array): Promise<number> {
  const answer = Promise.withResolvers<number>();
  const request = httpsRequest({
    host: '127.0.0.1',
    port,
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    agent: false,
    rejectUnauthorized: false,
  });
  request.once('response', (response) => {
    response.resume();
    answer.resolve(response.statusCode ?? 0);
  });
  request.once('error', answer.reject);
  request.end(body);
  return answer.promise;
}

async function everyReplica(answers: number, segment: string): Promise<void> {
  for (const replica of cluster.replicas) {
    await eventually(
      `${replica.name} answers ${answers}`,
      async () => (await statusOf(replica, `/${segment}/accepted`)) === answers,
    );
  }
}

/** Writes the segments as the mounted Secret of the installation has them. */
function mount(current: string, previous: string): void {
  const { folder } = admissionPathOf(cluster.controlPlane);
  writeFileSync(join(folder, 'previous'), previous);
  writeFileSync(join(folder, 'current'), current);
}

/** Gives the API server another segment, under names of webhooks by which it shows that it has taken it. */
async function useSegment(admissionPath: string, mark: string, namespace: OpenNamespace): Promise<void> {
  const options = { clientConfig: { url: cluster.balancer.url }, admissionPath };
  const webhooks = validatingWebhookConfiguration(options)['webhooks'] as readonly {
    readonly name: string;
    readonly clientConfig: object;
  }[];
  const path = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${webhookConfigurationName}`;
  const stored = await client.request<{
    readonly webhooks: readonly { readonly clientConfig: { readonly caBundle: string } }[];
  }>({ method: 'GET', path });
  const caBundle = stored.webhooks[0]?.clientConfig.caBundle;
  await client.request({
    method: 'PATCH',
    path,
    contentType: 'application/merge-patch+json',
    body: {
      webhooks: webhooks.map((webhook) => ({
        ...webhook,
        name: `${mark}.${webhook.name}`,
        clientConfig: { ...webhook.clientConfig, caBundle },
      })),
    },
  });
  const probe = makeExecution('probe').of('missing').build();
  await eventually('the API server calls below the new segment', async () => {
    const { message } = await refusalOf(namespace.executions.create(probe, { dryRun: 'All' }));
    return message.includes(`"${mark}.`);
  });
}

describe('the admission path', () => {
  it(
    'is rotated while requests are under way, none of which fails, and the old one is worth nothing then',
    { timeout: 150_000 },
    async () => {
      const namespace = await openNamespace(client, 'rotated-path');
      const workflow = await namespace.workflow();
      let rotating = true;
      let created = 0;
      const failures: unknown[] = [];
      const creators = Array.from({ length: 8 }, async (_, creator) => {
        for (let turn = 0; rotating; turn += 1) {
          await namespace.execute(workflow, `step-${creator}-${turn}`).then(
            () => (created += 1),
            (error: unknown) => failures.push(error),
          );
        }
      });
      let current = admissionPathOf(cluster.controlPlane).segment;
      for (const mark of ['first', 'second', 'third']) {
        const previous = current;
        current = randomSegment();
        mount(current, previous);
        await everyReplica(204, current);
        await everyReplica(204, previous);
        await useSegment(current, mark, namespace);
        const before = created;
        await eventually('creates go on', async () => created > before + 30);
        mount(current, '');
        await everyReplica(404, previous);
        for (const replica of cluster.replicas) {
          const path = `/${previous}${validateExecutionsPath}`;
          expect(await statusOf(replica, path, makeAdmissionReviewBytes({ dryRun: true }))).toBe(404);
        }
        await eventually('creates still go on', async () => created > before + 60);
      }
      rotating = false;
      await installWebhookConfigurations(cluster.controlPlane, {
        clientConfig: { url: cluster.balancer.url },
        admissionPath: current,
      });
      await Promise.all(creators);
      expect(failures).toEqual([]);
      for (const { child } of cluster.replicas) expect(child.lastLogLines()).not.toContain(current);
    },
  );
});
