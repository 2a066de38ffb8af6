import { describe, expect, it } from 'vitest';
import { eventually } from '../cluster/eventually.ts';
import type { GroundOf } from './ground.ts';
import { installed } from './operated-cluster.ts';
import { podsOf } from './product-pods.ts';
import { runnerRights } from './workload.ts';
import { workflowIs } from './workflow-phase.ts';

/** The controller that leads is lost. */
export function declareLostLeader(ground: GroundOf): void {
  describe('when', () => {
    it('the leading controller is killed, another one goes on', { timeout: 400_000 }, async () => {
      const { cluster, kubectl, image } = ground();
      await kubectl(['apply', '-f', runnerRights]);
      const steps = Array.from({ length: 10 }, (_, index) => ({
        stepNumber: index + 1,
        action: 'job',
        parameters: {
          image: `${image.repository}:${image.tag}`,
          command: ['node', '-e', 'setTimeout(() => {}, 5000)'],
        },
      }));
      const workflow = {
        apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
        kind: 'WorkflowExecution',
        metadata: { name: 'outlive' },
        spec: { steps },
      };
      await kubectl(['create', '-n', 'default', '-f', '-'], { input: JSON.stringify(workflow) });
      await eventually('it has begun', async () => (await jobs()) > 0, 120_000);
      const holder = ['-o', 'jsonpath={.items[*].spec.holderIdentity}'];
      const holders = await kubectl(['get', 'leases', '-n', installed.namespace, ...holder]);
      const leader = (await podsOf(ground(), 'controller')).find(({ name }) => holders.includes(name));
      if (leader === undefined) throw new Error(`no pod holds the Lease: ${holders}`);
      await cluster.killContainer(leader.node, leader.containerId);
      await workflowIs(ground, 'outlive', 'default', 'completed');
      expect(await jobs()).toBe(10); // none was done twice

      async function jobs(): Promise<number> {
        // A Job belongs to its execution.
        const owners = 'jsonpath={.items[*].metadata.ownerReferences[*].name}';
        const text = await kubectl(['get', 'jobs', '-n', 'default', '-o', owners]);
        return text.split(' ').filter((owner) => owner.startsWith('outlive-step-')).length;
      }
    });
  });
}
