import { describe, expect, it } from 'vitest';
import { makeExecution } from '../builders/execution-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import type { GroundOf } from './ground.ts';
import { installed } from './operated-cluster.ts';
import { makeStandingWorkflow, vainWork } from './standing-workflow.ts';
import { workflowIs } from './workflow-phase.ts';

/** Through the Service and kube-proxy, as every client is judged. */
export function declareLimit(ground: GroundOf): void {
  describe('the limit', () => {
    it('refuses the sixth, says who holds the slots, and admits it when one settles', async () => {
      const { cluster, kubectl } = ground();
      await kubectl(['create', 'namespace', 'shop']);
      const inShop = ['-n', 'shop', '-f', '-'];
      await kubectl(['create', ...inShop], { input: JSON.stringify(makeStandingWorkflow('heal')) });
      // The controller takes the first slot; four are left.
      await eventually('the controller has begun', async () => (await active()).length === 1, 60_000);
      const execution = (name: string) =>
        JSON.stringify(makeExecution(name).of('heal').withSpec(vainWork).build());
      for (const name of ['a', 'b', 'c', 'd'])
        await kubectl(['create', ...inShop], { input: execution(name) });
      const sixth = await cluster.kubectl(['create', ...inShop], { input: execution('e') });
      expect(sixth.exitCode).toBe(1);
      expect(sixth.stderr).toContain('(TooManyRequests)');
      expect(sixth.stderr).toContain(
        'Workflow "heal" may have 5 active executions and all of its slots are taken',
      );
      await kubectl([
        'patch',
        'kubernetesexecution',
        'a',
        '-n',
        'shop',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"phase":"completed"}}',
      ]);
      await eventually('the next one fits', async () => {
        const { exitCode } = await cluster.kubectl(['create', ...inShop], { input: execution('e') });
        return exitCode === 0;
      });

      async function active(): Promise<string[]> {
        const text = await kubectl(['get', 'kubernetesexecutions', '-n', 'shop', '-o', 'name']);
        return text.split('\n').filter((line) => line !== '');
      }
    });

    it('is asked at a Service of the cluster, at the pods behind it, and nowhere else', async () => {
      const { kubectl } = ground();
      const services = 'jsonpath={.webhooks[*].clientConfig.service.name}';
      const text = await kubectl([
        'get',
        'validatingwebhookconfiguration',
        installed.release,
        '-o',
        services,
      ]);
      expect(new Set(text.split(' '))).toEqual(new Set([`${installed.release}-webhook`]));
    });
  });

  describe('approval', () => {
    it(
      'is given by kubectl, by whom RBAC lets, and lets run what was approved',
      { timeout: 300_000 },
      async () => {
        const { cluster, kubectl } = ground();
        const here = ['-n', 'ledger'];
        await kubectl(['create', 'namespace', 'ledger']);
        await kubectl(['create', 'serviceaccount', 'stepgate-runner', ...here]);
        const opted = [
          `--clusterrole=${installed.release}-action-account`,
          '--serviceaccount=ledger:stepgate-runner',
        ];
        await kubectl(['create', 'rolebinding', 'runs-executions', ...opted, ...here]);
        await kubectl(['create', 'configmap', 'ledger', ...here]);
        const role = ['--verb=get,patch', '--resource=configmaps'];
        await kubectl(['create', 'role', 'runner', ...role, ...here]);
        const runner = ['--role=runner', '--serviceaccount=ledger:stepgate-runner'];
        await kubectl(['create', 'rolebinding', 'runner', ...runner, ...here]);
        const approver = [`--clusterrole=${installed.release}-approver`, '--user=alice'];
        await kubectl(['create', 'rolebinding', 'approver', ...approver, ...here]);
        const steps = Array.from({ length: 11 }, (_, index) => ({
          stepNumber: index + 1,
          action: 'update_configmap',
          parameters: { configmap: 'ledger', data: { [`key-${index + 1}`]: 'done' } },
        }));
        const workflow = {
          apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
          kind: 'WorkflowExecution',
          metadata: { name: 'close-books' },
          spec: { steps },
        };
        await kubectl(['create', ...here, '-f', '-'], { input: JSON.stringify(workflow) });
        const execution = makeExecution('early')
          .of('close-books')
          .withSpec(steps[0] ?? {})
          .build();
        const early = await cluster.kubectl(['create', ...here, '-f', '-'], {
          input: JSON.stringify(execution),
        });
        expect(early.stderr).toContain('(Forbidden)');
        const [approval = ''] = /kubernaut\.io\/approved=sha256:[0-9a-f]+/.exec(early.stderr) ?? [];
        expect(approval).not.toBe('');
        const annotate = ['annotate', 'workflowexecution', 'close-books', approval, ...here];
        const mallory = await cluster.kubectl([...annotate, '--as=mallory']);
        expect([mallory.exitCode, mallory.stderr.includes('(Forbidden)')]).toEqual([1, true]);
        await kubectl([...annotate, '--as=alice']);
        await workflowIs(ground, 'close-books', 'ledger', 'completed');
        const keys = await kubectl(['get', 'configmap', 'ledger', ...here, '-o', 'jsonpath={.data}']);
        expect(Object.keys(JSON.parse(keys) as object)).toHaveLength(11);
      },
    );
  });
}
