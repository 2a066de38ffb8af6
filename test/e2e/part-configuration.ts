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
        const patching = [
          'patch',
          'configmap',
          configMapName,
          '-n',
          installed.namespace,
          '--type=merge',
          '-p',
        ];
        const edit = (key: string, value: string | null) =>
          kubectl([...patching, JSON.stringify({ data: { [key]: value } })]);
        const isSaid = (note: string) =>
          eventually(
            `an Event says: ${note}`,
            async () => (await kubectl([...events, 'jsonpath={.items[*].note}'])).includes(note),
            60_000,
          );
        const events = ['get', 'events.events.k8s.io', '-n', installed.namespace, '-o'];
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
        await edit('max-parallel-steps', 'many');
        await isSaid('The value "many" of the key max-parallel-steps cannot be used.');
        await edit('max-paralel-steps', '9');
        await isSaid('max-paralel-steps');
        expect(await filled()).toBe(5);
        await edit('max-paralel-steps', null);
        await edit('max-parallel-steps', '7');
        await eventually('the new limit is felt', async () => (await filled()) === 7, 60_000);
        await edit('max-parallel-steps', '5');
        expect(await namespace.active('edited')).toHaveLength(7);
        await kubectl(['delete', 'namespace', 'edited', '--timeout=120s']);
      },
    );
  });
}
