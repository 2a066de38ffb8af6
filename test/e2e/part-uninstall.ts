import { describe, expect, it } from 'vitest';
import { openNamespace } from '../integration/open-namespace.ts';
import { eventually } from '../cluster/eventually.ts';
import type { GroundOf } from './ground.ts';
import { installed } from './operated-cluster.ts';
import { makeStandingWorkflow } from './standing-workflow.ts';

/** The end of it. */
export function declareUninstall(ground: GroundOf): void {
  describe('helm uninstall', () => {
    it(
      'leaves nothing that keeps anybody from creating, and the kinds with their objects',
      { timeout: 300_000 },
      async () => {
        const { client, kubectl, release } = ground();
        const before = await openNamespace(client, 'kept');
        await before.workflows.create(makeStandingWorkflow('kept'));
        await release.uninstall();
        const configurations = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'];
        const label = ['-l', `app.kubernetes.io/instance=${installed.release}`];
        const policies = ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'];
        const left = await kubectl([
          'get',
          [...configurations, ...policies].join(','),
          ...label,
          '-o',
          'name',
        ]);
        expect(left).toBe('');
        const namespace = await openNamespace(client, 'afterwards');
        await namespace.workflow('free');
        await eventually('nobody is asked any more', async () =>
          namespace.execute('free', 'first').then(
            () => true,
            () => false,
          ),
        );
        await namespace.fill('free', 8);
        expect(await namespace.active('free')).toHaveLength(9);
        await eventually(
          'its pods are gone',
          async () => {
            const pods = await kubectl(['get', 'pods', '-n', installed.namespace, '-o', 'name']);
            return pods === '';
          },
          120_000,
        );
        expect(await kubectl(['get', 'workflowexecutions', '-n', 'kept', '-o', 'name'])).toContain('/kept');
      },
    );
  });
}
