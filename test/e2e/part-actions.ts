import { describe, expect, it } from 'vitest';
import { eventually } from '../cluster/eventually.ts';
import type { GroundOf } from './ground.ts';
import { idleDeployment, idlePodSpec, runnerRights } from './workload.ts';
import { workflowIs } from './workflow-phase.ts';

/** The ten actions and `job`, in the namespace `default`, whose runner has the rights of the examples. */
export function declareActions(ground: GroundOf): void {
  describe('actions', () => {
    it('change real workloads: nine of them and a job, in one workflow', { timeout: 400_000 }, async () => {
      const { cluster, kubectl, nodes, image } = ground();
      const [, other = ''] = nodes;
      await kubectl(['apply', '-f', runnerRights]);
      const idle = cluster.idleImage;
      await apply(idleDeployment({ name: 'shop', image: idle, replicas: 1 }));
      await apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lonely' }, spec: idlePodSpec(idle) });
      await apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings' },
        data: { kept: 'yes' },
      });
      await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'password' } });
      await kubectl(['wait', 'pod/lonely', '--for=condition=Ready', '--timeout=120s']);
      const patch = { spec: { template: { metadata: { annotations: { patched: 'yes' } } } } };
      // Its exit code says whether pods find Services by their names.
      const lookUp = "require('node:dns').promises.lookup('stepgate-webhook.kubernaut-system')";
      const command = ['node', '-e', `${lookUp}.then(({ address }) => console.log(address))`];
      await apply({
        apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
        kind: 'WorkflowExecution',
        metadata: { name: 'tend-shop' },
        spec: {
          steps: [
            step(1, 'scale_deployment', { deployment: 'shop', replicas: 3 }),
            step(2, 'patch_deployment', { deployment: 'shop', patch }, [1]),
            step(3, 'rollout_restart', { deployment: 'shop' }, [2]),
            step(4, 'update_configmap', { configmap: 'settings', data: { changed: 'yes' } }),
            step(5, 'update_secret', { secret: 'password', data: { word: 'open' } }),
            step(6, 'apply_manifest', {
              manifest: idleDeployment({ name: 'extra', image: idle, replicas: 1 }),
            }),
            step(7, 'cordon_node', { node: other }),
            step(8, 'uncordon_node', { node: other }, [7]),
            step(9, 'job', { image: `${image.repository}:${image.tag}`, command }),
            step(10, 'delete_pod', { pod: 'lonely' }),
          ],
        },
      });
      await workflowIs(ground, 'tend-shop', 'default', 'completed');

      for (const name of ['shop', 'extra'])
        await kubectl(['rollout', 'status', `deployment/${name}`, '--timeout=180s']);
      const shop = JSON.parse(await kubectl(['get', 'deployment', 'shop', '-o', 'json'])) as Deployment;
      expect(shop.status.readyReplicas).toBe(3);
      const annotations = shop.spec.template.metadata.annotations;
      expect(annotations).toMatchObject({ patched: 'yes' });
      expect(Object.keys(annotations)).toHaveLength(2); // and the one that restarts
      expect(await jsonpath('configmap/settings', '{.data}')).toBe('{"changed":"yes","kept":"yes"}');
      expect(await jsonpath('secret/password', '{.data.word}')).toBe(Buffer.from('open').toString('base64'));
      expect(await jsonpath(`node/${other}`, '{.spec.unschedulable}')).toBe('');
      expect(await jsonpath('kubernetesexecution/tend-shop-step-9', '{.status.result}')).toContain(
        '"exitCode":0',
      );
      expect((await cluster.kubectl(['get', 'pod', 'lonely'])).stderr).toContain('NotFound');
    });

    it(
      'drain a node: not past a disruption budget, and wholly once it allows it',
      { timeout: 400_000 },
      async () => {
        const { cluster, kubectl, nodes } = ground();
        const [, other = ''] = nodes;
        const deployment = { name: 'guarded', image: cluster.idleImage, replicas: 2, node: other };
        await apply(idleDeployment(deployment));
        await kubectl(['rollout', 'status', 'deployment/guarded', '--timeout=120s']);
        await apply({
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'guarded' },
          spec: { minAvailable: 2, selector: { matchLabels: { app: 'guarded' } } },
        });
        await eventually(
          'the budget is known',
          async () => (await jsonpath('pdb/guarded', '{.status.expectedPods}')) === '2',
        );
        expect(await podsOn(other, 'guarded')).toBe(2);
        await apply({
          apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
          kind: 'WorkflowExecution',
          metadata: { name: 'empty-node' },
          spec: { steps: [step(1, 'drain_node', { node: other, force: true, deleteEmptyDirData: true })] },
        });
        await eventually(
          'only the guarded pods are left of what it evicts',
          async () =>
            (await podsOn(other, 'shop')) === 0 &&
            (await jsonpath(`node/${other}`, '{.spec.unschedulable}')) === 'true',
          120_000,
        );
        expect(await podsOn(other, 'guarded')).toBe(2);
        expect(await jsonpath('kubernetesexecution/empty-node-step-1', '{.status.phase}')).toBe('executing');

        await kubectl(['patch', 'pdb', 'guarded', '--type=merge', '-p', '{"spec":{"minAvailable":1}}']);
        await workflowIs(ground, 'empty-node', 'default', 'completed');
        expect(await podsOn(other, 'guarded')).toBe(0);
        await kubectl(['rollout', 'status', 'deployment/guarded', '--timeout=120s']);
        await kubectl(['uncordon', other]);
      },
    );
  });

  async function apply(object: object): Promise<void> {
    await ground().kubectl(['apply', '-n', 'default', '-f', '-'], { input: JSON.stringify(object) });
  }

  function jsonpath(object: string, path: string): Promise<string> {
    return ground().kubectl(['get', object, '-n', 'default', '-o', `jsonpath=${path}`]);
  }

  async function podsOn(node: string, app: string): Promise<number> {
    const selectors = [`--field-selector=spec.nodeName=${node}`, '-l', `app=${app}`];
    const text = await ground().kubectl(['get', 'pods', '-n', 'default', ...selectors, '-o', 'name']);
    return text.split('\n').filter((line) => line !== '').length;
  }
}

function step(
  stepNumber: number,
  action: string,
  parameters: object,
  dependencies: readonly number[] = [],
): object {
  return { stepNumber, action, parameters, dependencies: dependencies.map(String) };
}

interface Deployment {
  readonly spec: {
    readonly template: { readonly metadata: { readonly annotations: Record<string, string> } };
  };
  readonly status: { readonly readyReplicas?: number };
}
