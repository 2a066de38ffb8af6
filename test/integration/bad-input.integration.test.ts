import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateExecutionsPath } from '../../src/api/manifests/webhook-configurations.ts';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeAdmissionReviewBytes } from '../builders/admission-review-builder.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { admissionPathOf } from '../cluster/admission-path.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';

/** Input that is odd, large or nonsense, over a real API server and past it: a clear answer, and the process lives. */
let cluster: InstalledCluster;
let client: KubeClient;
let shop: OpenNamespace;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  shop = await openNamespace(client, 'shop');
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

/** Every test leaves the webhook as it was: both replicas alive, ready, and exact. */
async function expectAlive(): Promise<void> {
  for (const { child, metricsUrl } of cluster.replicas) {
    expect(child.hasExited).toBe(false);
    expect((await fetch(`${metricsUrl}/readyz`)).status).toBe(200);
  }
}

describe('an execution that is large or odd gets its slot like any other:', () => {
  const parameters = (count: number, length: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 'x'.repeat(length)]));

  it.each<[string, (name: string) => KubernetesExecution]>([
    [
      'a megabyte',
      (name) =>
        makeExecution(name)
          .withSpec({ parameters: parameters(20, 50_000) })
          .build(),
    ],
    ['a thousand labels', (name) => withMetadata(name, { labels: many(1_000, 'label') })],
    [
      'annotations of 200 kilobytes',
      (name) => withMetadata(name, { annotations: many(200, 'x'.repeat(1_000)) }),
    ],
    [
      'every script there is',
      (name) =>
        makeExecution(name)
          .withSpec({ parameters: { ключ: '値 🦆 עברית' } })
          .build(),
    ],
    ['a name of 253 characters', (name) => makeExecution(name.padEnd(253, 'x')).build()],
  ])('%s', async (what, make) => {
    const workflow = what.replaceAll(/[^a-z0-9]+/g, '-');
    await shop.workflow(workflow);
    const creates = Array.from({ length: 7 }, (_, index) => {
      const object = make(`${workflow}-${index}-`.padEnd(60, '0'));
      const labels = { ...object.metadata.labels, workflow };
      return shop.executions.create({ ...object, metadata: { ...object.metadata, labels } });
    });
    const { granted, refused } = await outcomesOf(creates);
    expect(granted).toHaveLength(5);
    expect(refused.map(({ code }) => code)).toEqual([429, 429]);
    await expectAlive();
  });
});

const many = (count: number, value: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, value]));

const withMetadata = (name: string, metadata: Record<string, unknown>): KubernetesExecution => {
  const execution = makeExecution(name).build();
  return { ...execution, metadata: { ...execution.metadata, ...metadata } };
};

describe('an execution that makes no sense is refused with the field at fault:', () => {
  it.each<[string, object, number]>([
    ['a name that is none', makeExecution('Schritt_Eins').of('restart').build(), 422],
    ['a name in another script', makeExecution('шаг-1').of('restart').build(), 422],
    ['a label that is none', makeExecution('odd').label('workflow', 'nein, danke').build(), 422],
    ['a workflow in another script', makeExecution('odd').referringTo('перезапуск').build(), 422],
    ['no spec', { ...makeExecution('odd').of('restart').build(), spec: undefined }, 422],
    ['a spec of the wrong type', { ...makeExecution('odd').of('restart').build(), spec: 'five' }, 422],
    [
      'a step number that is none',
      { ...makeExecution('odd').build(), spec: { stepNumber: 'one', action: 'x' } },
      422,
    ],
    ['owners of the wrong type', withMetadata('odd', { ownerReferences: 'restart' }), 400],
  ])('%s', async (_, object, code) => {
    const refusal = await refusalOf(shop.executions.create(object));
    expect(refusal.code).toBe(code);
    expect(refusal.message.length).toBeGreaterThan(20);
    await expectAlive();
  });

  it('a label with an empty name and nothing else names no workflow', async () => {
    const refusal = await refusalOf(
      shop.executions.create(makeExecution('odd').label('workflow', '').build()),
    );
    expect([refusal.code, ...causesOf(refusal)]).toEqual([422, 'WorkflowRequired']);
  });
});

describe("a post to the webhook's own port below the admission path", () => {
  it.each<[string, RawPost, number]>([
    ['that is no JSON', { body: 'execute!' }, 400],
    ['that is half a review', { body: makeAdmissionReviewBytes().subarray(0, 200) }, 400],
    [
      'of another version',
      { body: '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}' },
      400,
    ],
    ['that is no AdmissionReview', { body: '{"apiVersion":"v1","kind":"Pod"}' }, 400],
    ['of nothing', { body: '' }, 400],
    ['of bytes', { body: Buffer.from([0xff, 0xfe, 0, 0x80]) }, 400],
    ['with another content type', { contentType: 'text/plain', body: makeAdmissionReviewBytes() }, 415],
    ['that is too large', { body: Buffer.alloc(9 * 1024 * 1024, 0x20) }, 413],
    ['of brackets without end', { body: '['.repeat(1_000_000) }, 400],
    ['to a path that is none', { path: '/validate/pods', body: makeAdmissionReviewBytes() }, 404],
  ])('%s gets an HTTP error, and the process lives', async (_, post, code) => {
    for (const { port } of cluster.replicas) expect(await rawPost(port, post)).toBe(code);
    await expectAlive();
  });

  it('of a review is answered while hundreds of posts of nonsense are', async () => {
    const [{ port } = { port: 0 }] = cluster.replicas;
    const workflow = await shop.workflow('besides');
    const nonsense = Array.from({ length: 300 }, async (_, index) => {
      const code = await rawPost(port, { body: 'x'.repeat(index * 1_000) }).catch(() => 0);
      expect(code).not.toBe(200);
    });
    const creates = Array.from({ length: 10 }, (_, index) => shop.execute(workflow, `besides-${index}`));
    expect((await outcomesOf(creates)).granted).toHaveLength(5);
    await Promise.all(nonsense);
    expect(await rawPost(port, { body: makeAdmissionReviewBytes({ dryRun: true }) })).toBe(200);
    await expectAlive();
  });
});

interface RawPost {
  readonly path?: string;
  readonly contentType?: string;
  readonly body: string | Uint8Array;
}

/** The HTTP status of a POST; rejects where the connection broke before one came. */
function rawPost(
  port: number,
  { path = validateExecutionsPath, contentType = 'application/json', body }: RawPost,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: `/${admissionPathOf(cluster.controlPlane).segment}${path}`,
      method: 'POST',
      agent: false,
      rejectUnauthorized: false,
    };
    const request = httpsRequest({ ...options, headers: { 'content-type': contentType } });
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('error', reject);
    request.end(body);
  });
}
