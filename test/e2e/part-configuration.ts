import { describe, expect, it } from 'vitest';
import { configMapName } from '../../src/config/config-watch.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { openNamespace } from '../integration/open-namespace.ts';
import type { GroundOf } from './ground.ts';
import { installed } from './operated-cluster.ts';
import { makeStandingWorkflow, vainWork } from './standing-workflow.ts';

/** The ConfigMap as a person edits it, also wrongly. */
export function declareConfiguration(ground: GroundOf): void {
  describe('the ConfigMap', () => {
    it(
      'keeps what was in force when it is edited wrongly, and takes the next edit',
      { timeout: 300_000 },
      async () => {
        const { kubectl, client } = ground();
        const edit = (limit: string) =>
          kubectl([
            'patch',
            'configmap',
            configMapName,
            '-n',
            installed.namespace,
            '--type=merge',
            '-p',
            JSON.stringify({ data: { 'max-parallel-steps': limit } }),
          ]);
        const namespace = await openNamespace(client, 'edited');
        await namespace.workflows.create(makeStandingWorkflow('edited'));
        let turn = 0;
        /** Creates until one is refused; answers how many are active then. */
        const filled = async (): Promise<number> => {
          for (;;) {
            turn += 1;
            const execution = makeExecution(`edited-${turn}`).of('edited').withSpec(vainWork).build();
            try {
              await namespace.executions.create(execution);
            } catch (error) {
              if (isKubeStatus(error, 429)) return (await namespace.active('edited')).length;
              throw error;
            }
          }
        };
        await edit('many');
        await eventually(
          'an Event says so',
          async () => {
            const notes = ['-o', 'jsonpath={.items[*].note}'];
            const events = await kubectl([
              'get',
              'events.events.k8s.io',
              '-n',
              installed.namespace,
              ...notes,
            ]);
            return events.includes('The value "many" of the key max-parallel-steps cannot be used.');
          },
          60_000,
        );
        expect(await filled()).toBe(5);
        await edit('7');
        await eventually('the new limit is felt', async () => (await filled()) === 7, 60_000);
        await edit('5');
        expect(await namespace.active('edited')).toHaveLength(7);
        await kubectl(['delete', 'namespace', 'edited', '--timeout=120s']);
      },
    );
  });
}
