import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKubeClient, type KubeClient, type KubeRequest } from '../../src/kube/kube-client.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { startControlPlane, type ControlPlane } from '../../test/cluster/control-plane.ts';
import { installManifests } from '../../test/cluster/install-manifests.ts';
import { makeExecution } from './execution-builder.ts';
import { fakeKube } from './fake-kube.ts';
import type { JsonObject } from './json.ts';

let controlPlane: ControlPlane;
let real: KubeClient;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
  real = createKubeClient(controlPlane.kubeConfig());
  await real.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'shop' } } });
});
afterAll(async () => {
  real?.close();
  await controlPlane?.stop();
});

const core = '/api/v1/namespaces/shop';
const map = `${core}/configmaps/settings`;
const deployment = '/apis/apps/v1/namespaces/shop/deployments/web';
const executions = '/apis/kubernetesexecution.kubernaut.io/v1alpha1/namespaces/shop/kubernetesexecutions';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const jsonPatch = 'application/json-patch+json';
const apply = 'application/apply-patch+yaml';

const settings = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', labels: { app: 'shop' } },
  data: { colour: 'red' },
};
const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] }] },
    },
  },
};

/** One request, and which part of its answer is compared; of refusals always code and reason. */
interface Exchange {
  readonly what: string;
  readonly request: KubeRequest | ((earlier: readonly JsonObject[]) => KubeRequest);
  readonly part?: (answer: JsonObject) => unknown;
}

const dataOf = ({ data }: JsonObject) => data;
const versionOf = (answer: JsonObject = {}) =>
  (answer['metadata'] as { readonly resourceVersion: string }).resourceVersion;
const generationOf = ({ metadata }: JsonObject) => (metadata as { readonly generation: number }).generation;
const containersOf = ({ spec }: JsonObject) =>
  (spec as typeof web.spec).template.spec.containers.map(({ name, image, env }) => ({ name, image, env }));
const replicasOf = ({ kind, spec }: JsonObject) => ({ kind, replicas: (spec as typeof web.spec).replicas });
const namesOf = ({ items }: JsonObject) =>
  (items as readonly JsonObject[]).map(({ metadata, kind }) => [(metadata as { name: string }).name, kind]);

/** As a list, because each one builds on those before it. */
const exchanges: readonly Exchange[] = [
  { what: 'a missing object', request: { method: 'GET', path: map } },
  { what: 'a patch of it', request: { method: 'PATCH', path: map, body: {}, contentType: merge } },
  { what: 'a delete of it', request: { method: 'DELETE', path: map } },
  {
    what: 'the kinds of a version',
    request: { method: 'GET', path: '/apis/apps/v1' },
    part: ({ resources }) =>
      (resources as readonly JsonObject[])
        .filter(({ kind, name }) => kind === 'Deployment' && name === 'deployments')
        .map(({ namespaced }) => namespaced),
  },
  { what: 'a version that is not served', request: { method: 'GET', path: '/apis/apps/v7' } },
  { what: 'a path of nothing', request: { method: 'GET', path: `${map}/status/more` } },
  {
    what: 'a create without a name',
    request: { method: 'POST', path: `${core}/configmaps`, body: { ...settings, metadata: {} } },
  },
  {
    what: 'a dry run of a create',
    request: { method: 'POST', path: `${core}/configmaps`, body: settings, query: { dryRun: 'All' } },
    part: dataOf,
  },
  { what: 'a create', request: { method: 'POST', path: `${core}/configmaps`, body: settings }, part: dataOf },
  { what: 'a second create', request: { method: 'POST', path: `${core}/configmaps`, body: settings } },
  {
    what: 'a merge patch',
    request: { method: 'PATCH', path: map, body: { data: { size: '1', colour: null } }, contentType: merge },
    part: dataOf,
  },
  {
    what: 'a JSON patch',
    request: {
      method: 'PATCH',
      path: map,
      contentType: jsonPatch,
      body: [
        { op: 'test', path: '/data/size', value: '1' },
        { op: 'add', path: '/metadata/labels/team~1name', value: 'x' },
        { op: 'move', from: '/data/size', path: '/data/length' },
      ],
    },
    part: dataOf,
  },
  {
    what: 'a JSON patch whose test fails',
    request: {
      method: 'PATCH',
      path: map,
      contentType: jsonPatch,
      body: [{ op: 'test', path: '/data/length', value: '7' }],
    },
  },
  {
    what: 'an update that says no version',
    request: { method: 'PUT', path: map, body: { ...settings, data: { colour: 'blue' } } },
    part: dataOf,
  },
  {
    what: 'a merge patch made from an older version',
    request: (earlier) => ({
      method: 'PATCH',
      path: map,
      contentType: merge,
      body: { metadata: { resourceVersion: versionOf(earlier[8]) } },
    }),
  },
  {
    what: 'an update under another name',
    request: { method: 'PUT', path: map, body: { ...settings, metadata: { name: 'other' } } },
  },
  {
    what: 'a body of an unknown type',
    request: { method: 'PATCH', path: map, body: {}, contentType: 'text/plain' },
  },
  {
    what: 'an apply by nobody',
    request: { method: 'PATCH', path: map, body: settings, contentType: apply },
  },
  {
    what: 'an apply over what another has set',
    request: {
      method: 'PATCH',
      path: map,
      body: { ...settings, data: { colour: 'green' } },
      query: { fieldManager: 'tester' },
      contentType: apply,
    },
  },
  {
    what: 'a forced apply',
    request: {
      method: 'PATCH',
      path: map,
      body: { ...settings, data: { colour: 'green', size: '2' } },
      query: { fieldManager: 'tester', force: 'true' },
      contentType: apply,
    },
    part: dataOf,
  },
  {
    what: 'an apply without a field it had',
    request: {
      method: 'PATCH',
      path: map,
      body: { ...settings, data: { colour: 'green' } },
      query: { fieldManager: 'tester' },
      contentType: apply,
    },
    part: dataOf,
  },
  {
    what: 'a list by labels',
    request: { method: 'GET', path: `${core}/configmaps`, query: { labelSelector: 'app in (shop)' } },
    part: namesOf,
  },
  {
    what: 'a list by a field',
    request: { method: 'GET', path: `${core}/configmaps`, query: { fieldSelector: 'metadata.name=none' } },
    part: namesOf,
  },
  {
    what: 'a delete of another uid',
    request: { method: 'DELETE', path: map, body: { preconditions: { uid: 'another' } } },
  },
  {
    what: 'a delete',
    request: { method: 'DELETE', path: map },
    part: ({ kind, status }) => ({ kind, status }),
  },
  {
    what: 'a deployment',
    request: { method: 'POST', path: '/apis/apps/v1/namespaces/shop/deployments', body: web },
    part: generationOf,
  },
  {
    what: 'a strategic merge of its containers',
    request: {
      method: 'PATCH',
      path: deployment,
      contentType: strategic,
      body: {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'web', env: [{ name: 'B', value: '2' }] },
                { name: 'side', image: 'side:1' },
              ],
            },
          },
        },
      },
    },
    // New items go in front of a list or behind it; nothing may depend on that.
    part: (answer) => new Set(containersOf(answer).map(({ name, env }) => [name, env?.length].join())),
  },
  {
    what: 'a strategic delete of a container',
    request: {
      method: 'PATCH',
      path: deployment,
      contentType: strategic,
      body: { spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } },
    },
    part: (answer) => containersOf(answer).map(({ name, image }) => [name, image]),
  },
  { what: 'its scale', request: { method: 'GET', path: `${deployment}/scale` }, part: replicasOf },
  {
    what: 'a new scale',
    request: {
      method: 'PATCH',
      path: `${deployment}/scale`,
      contentType: merge,
      body: { spec: { replicas: 4 } },
    },
    part: replicasOf,
  },
  { what: 'the deployment then', request: { method: 'GET', path: deployment }, part: replicasOf },
  { what: 'its generation', request: { method: 'GET', path: deployment }, part: generationOf },
  {
    what: 'a patch of the status alone',
    request: {
      method: 'PATCH',
      path: `${deployment}/status`,
      contentType: merge,
      body: { spec: { replicas: 9 }, status: { replicas: 3 } },
    },
    part: (answer) => [
      replicasOf(answer),
      (answer['status'] as JsonObject)['replicas'],
      generationOf(answer),
    ],
  },
  {
    what: 'a custom resource with a status',
    request: {
      method: 'POST',
      path: executions,
      body: makeExecution('restart-step-1').of('restart').phase('executing').build(),
    },
    part: ({ status, spec }) => ({ status, spec }),
  },
  {
    what: 'a strategic merge of a custom resource',
    request: { method: 'PATCH', path: `${executions}/restart-step-1`, body: {}, contentType: strategic },
  },
  {
    what: 'an update of a custom resource that says no version',
    request: {
      method: 'PUT',
      path: `${executions}/restart-step-1`,
      body: makeExecution('restart-step-1').of('restart').build(),
    },
  },
  {
    what: 'its status',
    request: {
      method: 'PATCH',
      path: `${executions}/restart-step-1/status`,
      contentType: merge,
      body: { status: { phase: 'executing' } },
    },
    part: ({ status }) => status,
  },
  {
    what: 'an eviction of no pod',
    request: {
      method: 'POST',
      path: `${core}/pods/web-1/eviction`,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web-1' } },
    },
  },
];

/** What a client sees of all of them, one line each. */
async function play(client: KubeClient): Promise<readonly unknown[]> {
  const answers: JsonObject[] = [];
  const seen: unknown[] = [];
  for (const { what, request, part } of exchanges) {
    try {
      const answer = await client.request<JsonObject>(
        typeof request === 'function' ? request(answers) : request,
      );
      answers.push(answer);
      seen.push({ what, part: part?.(answer) });
    } catch (error) {
      if (!(error instanceof KubeStatusError)) throw error;
      answers.push({});
      const { code, reason, details } = error.status;
      seen.push({ what, code, reason, name: details?.name, group: details?.group });
    }
  }
  return seen;
}

it('the fake answers as the API server does', async () => {
  expect(await play(fakeKube())).toEqual(await play(real));
});
