import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import { applyManifest } from '../../../sdk/actions/apply-manifest.ts';
import { deletePod } from '../../../sdk/actions/delete-pod.ts';
import { drainNode } from '../../../sdk/actions/drain-node.ts';
import { job } from '../../../sdk/actions/job.ts';
import { patchDeployment } from '../../../sdk/actions/patch-deployment.ts';
import { updateConfigmap } from '../../../sdk/actions/update-configmap.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { createPod, deployment } from './action-cases.ts';
import { type ActionGround, openGround } from './action-ground.ts';
import { attemptsAt } from './attempt-action.ts';
import { readObject } from './object-state.ts';
import { simulateJobs, simulateKubelet } from './simulated-node.ts';

let controlPlane: ControlPlane;
let admin: KubeClient;
let ground: ActionGround;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  admin = createKubeClient(controlPlane.kubeConfig());
});
afterAll(async () => {
  admin.close();
  await controlPlane.stop();
});
beforeEach(async () => {
  ground = await openGround(admin, controlPlane.kubeConfig());
});
afterEach(() => {
  ground.close();
});

const pace = { clock: systemClock, random: Math.random };
const drain = drainNode(pace);
const runJob = job(pace);

/** The calls of `kube` that an action makes, as `GET pods`. */
function counted(kubeGround: ActionGround): { readonly ground: ActionGround; readonly calls: string[] } {
  const calls: string[] = [];
  const note = ({ method, path }: { readonly method: string; readonly path: string }): void => {
    calls.push(`${method} ${path.split('/').at(-1)}`);
  };
  return {
    calls,
    ground: {
      ...kubeGround,
      asRunner: (work) =>
        kubeGround.asRunner((kube) =>
          work({
            request: (request) => {
              note(request);
              return kube.request(request);
            },
            stream: (request) => {
              note({ ...request, method: 'WATCH' });
              return kube.stream(request);
            },
            close() {},
          }),
        ),
    },
  };
}

describe('drain_node', () => {
  test('waits by a watch while pods end, and asks no second time', async () => {
    await ground.allow('drain_node');
    await createPod(ground, 'slow', { owner: 'ReplicaSet' });
    const { ground: counting, calls } = counted(ground);
    const drained = attemptsAt(drain, counting, { node: ground.node }).run();
    await expect.poll(() => calls.includes('WATCH pods'), { timeout: 30_000 }).toBe(true);
    const kubelet = await simulateKubelet(ground);
    await drained;
    await kubelet.stop();
    expect(calls.filter((call) => call === 'POST eviction')).toHaveLength(1);
    expect(calls.filter((call) => call === 'WATCH pods')).toHaveLength(1);
  });

  test('tries again while a disruption budget allows no eviction', async () => {
    await ground.allow('drain_node');
    await createPod(ground, 'guarded', { owner: 'ReplicaSet', labels: { app: 'guarded' } });
    // A pod that never ran is evicted whatever its budget says.
    await admin.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${ground.namespace}/pods/guarded/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
    });
    const budgets = `/apis/policy/v1/namespaces/${ground.namespace}/poddisruptionbudgets`;
    await admin.request({
      method: 'POST',
      path: budgets,
      body: {
        metadata: { name: 'guard' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
      },
    });
    const allowDisruptions = (disruptionsAllowed: number) =>
      admin.request({
        method: 'PATCH',
        path: `${budgets}/guard/status`,
        contentType: 'application/merge-patch+json',
        // As the disruption controller, which this control plane has not.
        body: {
          status: {
            observedGeneration: 1,
            disruptionsAllowed,
            currentHealthy: 2,
            desiredHealthy: 1,
            expectedPods: 2,
          },
        },
      });
    await allowDisruptions(0);
    const kubelet = await simulateKubelet(ground);
    const { ground: counting, calls } = counted(ground);

    const drained = attemptsAt(drain, counting, { node: ground.node }).run();
    const evictions = (): number => calls.filter((call) => call === 'POST eviction').length;
    await expect.poll(evictions, { timeout: 30_000 }).toBeGreaterThan(1);
    await allowDisruptions(1);
    await drained;
    await kubelet.stop();
  });

  test('evicts what tolerates the cordon once, though it comes back', async () => {
    await ground.allow('drain_node');
    const tolerating = { tolerations: [{ operator: 'Exists' }] };
    await createPod(ground, 'agent', { owner: 'ReplicaSet' }, tolerating);
    await createPod(ground, 'web', { owner: 'ReplicaSet' });
    const kubelet = await simulateKubelet(ground);
    const path = `/api/v1/namespaces/${ground.namespace}/pods/agent`;
    const { ground: counting, calls } = counted(ground);
    const evictions = (): number => calls.filter((call) => call === 'POST eviction').length;
    const drained = attemptsAt(drain, counting, { node: ground.node }).run();
    // As its ReplicaSet and the scheduler do, as soon as it is gone.
    await expect.poll(async () => evictions() === 2 && (await createAgain()), { timeout: 30_000 }).toBe(true);
    await drained;
    await kubelet.stop();
    expect(evictions()).toBe(2);
    expect(await readObject(admin, path)).not.toHaveProperty('metadata.deletionTimestamp');

    async function createAgain(): Promise<boolean> {
      return createPod(ground, 'agent', { owner: 'ReplicaSet' }, tolerating).then(
        () => true,
        () => false,
      );
    }
  });

  test('of pods that would be lost is refused, and changes nothing', async () => {
    await ground.allow('drain_node');
    await createPod(ground, 'alone');
    await createPod(
      ground,
      'data',
      { owner: 'ReplicaSet' },
      { volumes: [{ name: 'scratch', emptyDir: {} }] },
    );
    await expect(attemptsAt(drain, ground, { node: ground.node }).run()).rejects.toThrow(
      /alone has no controller.*force: true.*data has data in an emptyDir volume.*deleteEmptyDirData: true/,
    );
    expect(await readObject(admin, `/api/v1/nodes/${ground.node}`)).not.toHaveProperty('spec.unschedulable');
    const kubelet = await simulateKubelet(ground);
    await attemptsAt(drain, ground, { node: ground.node, force: 'true', deleteEmptyDirData: 'true' }).run();
    await kubelet.stop();
    const { items } = await readObject<{ items: unknown[] }>(
      admin,
      `/api/v1/namespaces/${ground.namespace}/pods`,
    );
    expect(items).toEqual([]);
  });
});

describe('delete_pod', () => {
  test('does not delete a later pod of the same name', async () => {
    await ground.allow('delete_pod');
    const unbound = { nodeName: undefined };
    await createPod(ground, 'web-0', {}, unbound);
    const attempts = attemptsAt(deletePod, ground, { pod: 'web-0' });
    await attempts.run();
    await createPod(ground, 'web-0', {}, unbound);
    await attempts.run();
    const path = `/api/v1/namespaces/${ground.namespace}/pods/web-0`;
    expect(await readObject(admin, path)).not.toHaveProperty('metadata.deletionTimestamp');
  });

  test('of a pod that never was fails', async () => {
    await ground.allow('delete_pod');
    await expect(attemptsAt(deletePod, ground, { pod: 'none' }).run()).rejects.toThrow('404 NotFound');
  });
});

describe('apply_manifest', () => {
  const deployments = () => `/apis/apps/v1/namespaces/${ground.namespace}/deployments`;

  test('names the fields that belong to others, and takes them over when it is told to', async () => {
    await ground.allow('apply_manifest');
    await admin.request({
      method: 'PATCH',
      path: `${deployments()}/web`,
      query: { fieldManager: 'autoscaler' },
      contentType: 'application/apply-patch+yaml',
      body: deployment,
    });
    const manifest = { ...deployment, spec: { ...deployment.spec, replicas: 9 } };
    await expect(attemptsAt(applyManifest, ground, { manifest }).run()).rejects.toThrow(
      /^Fields belong to others.*\.spec\.replicas: conflict with "autoscaler"/,
    );
    await attemptsAt(applyManifest, ground, { manifest: JSON.stringify(manifest), force: 'true' }).run();
    expect(await readObject(admin, `${deployments()}/web`)).toMatchObject({ spec: { replicas: 9 } });
  });

  test('is no conflict with what a rollback of its own has put back', async () => {
    await ground.allow('apply_manifest');
    const scaled = (replicas: number) => ({ ...deployment, spec: { ...deployment.spec, replicas } });
    const applied = (replicas: number) => attemptsAt(applyManifest, ground, { manifest: scaled(replicas) });
    const stored = () => readObject(admin, `${deployments()}/web`);
    await applied(2).run();
    const second = applied(5);
    await second.rollback((await second.run()).result);
    expect(await stored()).toMatchObject({ spec: { replicas: 2 } });
    await applied(5).run();
    expect(await stored()).toMatchObject({ spec: { replicas: 5 } });
  });

  test('does not take for its own what another has made between two attempts', async () => {
    await ground.allow('apply_manifest');
    const manifest = { ...deployment, spec: { ...deployment.spec, replicas: 9 } };
    const attempts = attemptsAt(applyManifest, ground, { manifest, force: 'true' });
    await expect(attempts.run({ call: 4, when: 'before' })).rejects.toThrow('interrupted');
    expect(attempts.remembered).toMatchObject({ created: true });
    await admin.request({ method: 'POST', path: deployments(), body: deployment });
    await attempts.rollback((await attempts.run()).result);
    expect(await readObject(admin, `${deployments()}/web`)).toMatchObject({
      spec: { replicas: deployment.spec.replicas },
    });
  });

  test('of a kind that nobody serves says so', async () => {
    const manifest = { apiVersion: 'example.com/v1', kind: 'Castle', metadata: { name: 'x' } };
    await expect(attemptsAt(applyManifest, ground, { manifest }).run()).rejects.toThrow(
      'The API server serves no kind Castle of example.com/v1.',
    );
  });

  test('of a Secret keeps none of its values, and does not pretend to restore them', async () => {
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch', 'delete'] }];
    await ground.allowRules(rules);
    await admin.request({
      method: 'POST',
      path: `/api/v1/namespaces/${ground.namespace}/secrets`,
      body: { metadata: { name: 'keys' }, stringData: { a: 'hunter1' } },
    });
    const metadata = { name: 'keys' };
    const manifest = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { a: 'hunter2' } };
    const attempts = attemptsAt(applyManifest, ground, { manifest });
    const { result } = await attempts.run();
    expect(JSON.stringify([result, attempts.remembered]) + attempts.logged).not.toMatch(/hunter|aHVudGVy/);
    await expect(attempts.rollback(result)).rejects.toThrow('The values that a Secret had are not kept');
  });

  test('does not delete in a rollback what another has made since', async () => {
    await ground.allow('apply_manifest');
    const attempts = attemptsAt(applyManifest, ground, { manifest: deployment });
    const { result } = await attempts.run();
    await admin.request({ method: 'DELETE', path: `${deployments()}/web` });
    await admin.request({ method: 'POST', path: deployments(), body: deployment });
    await attempts.rollback(result);
    expect(await readObject(admin, `${deployments()}/web`)).toMatchObject({ metadata: { name: 'web' } });
  });
});

describe('a rollback', () => {
  test('leaves an object alone that was made anew since', async () => {
    await ground.allow('patch_deployment');
    const path = `/apis/apps/v1/namespaces/${ground.namespace}/deployments`;
    await admin.request({ method: 'POST', path, body: deployment });
    const attempts = attemptsAt(patchDeployment, ground, {
      deployment: 'web',
      patch: { spec: { paused: true } },
    });
    const { result } = await attempts.run();
    await admin.request({ method: 'DELETE', path: `${path}/web` });
    await admin.request({
      method: 'POST',
      path,
      body: { ...deployment, spec: { ...deployment.spec, paused: true } },
    });
    await expect(attempts.rollback(result)).rejects.toThrow(/409|422/);
    expect(await readObject(admin, `${path}/web`)).toMatchObject({ spec: { paused: true } });
  });

  test('restores a ConfigMap that had no data at all', async () => {
    await ground.allow('update_configmap');
    const path = `/api/v1/namespaces/${ground.namespace}/configmaps`;
    await admin.request({ method: 'POST', path, body: { metadata: { name: 'empty' } } });
    const attempts = attemptsAt(updateConfigmap, ground, { configmap: 'empty', data: { a: '1' } });
    const { result } = await attempts.run();
    await attempts.rollback(result);
    expect((await readObject<{ data?: object }>(admin, `${path}/empty`)).data ?? {}).toEqual({});
  });
});

describe('job', () => {
  test('of a container that fails tells its exit code and what it said, and the next attempt makes another', async () => {
    await ground.allow('job');
    const node = await simulateJobs(ground, { exitCode: 3, message: 'disk full' });
    const attempts = attemptsAt(runJob, ground, { image: 'tool:1' });
    await expect(attempts.run()).rejects.toThrow(/failed \(exit code 3\): disk full$/);
    await expect(attempts.run()).rejects.toThrow(/failed \(exit code 3\): disk full$/);
    await node.stop();
    expect(await jobNames()).toEqual([`stepgate-${ground.uid}-1`, `stepgate-${ground.uid}-2`]);
  });

  const jobNames = async (): Promise<readonly string[]> => {
    const path = `/apis/batch/v1/namespaces/${ground.namespace}/jobs`;
    const { items } = await readObject<{ items: { metadata: { name: string } }[] }>(admin, path);
    return items.map(({ metadata }) => metadata.name);
  };

  test('that has failed while nobody looked is not run again by the attempt that takes it up', async () => {
    await ground.allow('job');
    const attempts = attemptsAt(runJob, ground, { image: 'tool:1' });
    await expect(attempts.run({ call: 3, when: 'after' })).rejects.toThrow('interrupted');
    const node = await simulateJobs(ground, { exitCode: 3, message: 'disk full' });
    const path = `/apis/batch/v1/namespaces/${ground.namespace}/jobs/stepgate-${ground.uid}-1`;
    const hasFailed = async (): Promise<boolean> =>
      JSON.stringify(await readObject(admin, path)).includes('"Failed"');
    await expect.poll(hasFailed, { timeout: 30_000 }).toBe(true);
    await expect(attempts.run(undefined, 'resumed')).rejects.toThrow(/failed \(exit code 3\): disk full$/);
    await node.stop();
    expect(await jobNames()).toEqual([`stepgate-${ground.uid}-1`]);
  });

  test('that is still ending when the next attempt begins is waited for, and another one made then', async () => {
    await ground.allow('job');
    const { ground: counting, calls } = counted(ground);
    const attempts = attemptsAt(runJob, counting, { image: 'tool:1' });
    await expect(attempts.run({ call: 3, when: 'after' })).rejects.toThrow('interrupted');
    const next = attempts.run();
    next.catch(() => {});
    await expect.poll(() => calls.includes('WATCH jobs'), { timeout: 30_000 }).toBe(true);
    expect(await jobNames()).toHaveLength(1);
    const node = await simulateJobs(ground, { exitCode: 3, message: 'stopped' });
    await expect(next).rejects.toThrow(/failed \(exit code 3\): stopped$/);
    await node.stop();
    expect(await jobNames()).toEqual([`stepgate-${ground.uid}-1`, `stepgate-${ground.uid}-2`]);
  });

  test('that is gone is not run again: how it ended cannot be known', async () => {
    await ground.allow('job');
    const node = await simulateJobs(ground, { exitCode: 0, message: '' });
    const attempts = attemptsAt(runJob, ground, { image: 'tool:1' });
    await attempts.run();
    await node.stop();
    const jobs = `/apis/batch/v1/namespaces/${ground.namespace}/jobs`;
    const background = { propagationPolicy: 'Background' };
    await admin.request({ method: 'DELETE', path: `${jobs}/stepgate-${ground.uid}-1`, body: background });
    await expect(attempts.run()).rejects.toThrow('it cannot be known how it ended');
  });
});
