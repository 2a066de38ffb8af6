import { describe, expect, it } from 'vitest';
import { renewCertificate } from './certificate-renewal.ts';
import { eventually } from '../cluster/eventually.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { mostActive } from '../integration/most-active.ts';
import { type CreateLoad, startCreateLoad } from './create-load.ts';
import type { GroundOf } from './ground.ts';
import { installed, rolledOut } from './operated-cluster.ts';
import { podsOf } from './product-pods.ts';
import { rounded } from './results.ts';
import { vainWork } from './standing-workflow.ts';

/** What an operator does, and what befalls him, while clients create without a pause. */
export function declareLoad(ground: GroundOf): void {
  describe('under load', () => {
    it('the certificate is renewed, and no create fails', { timeout: 600_000 }, async () => {
      const { client, results } = ground();
      await using load = await startCreateLoad(client, { namespace: 'renewal' });
      await load.goesOn();
      await renewCertificate(ground());
      await load.goesOn();
      const { admitted, refused, failures } = await load.stop();
      results.renewal = { requests: admitted + refused + failures.length, failed: failures.length };
      expect(failures).toEqual([]);
    });

    it('helm upgrade rolls every pod, and no create fails', { timeout: 600_000 }, async () => {
      const { client, kubectl, release, values, results } = ground();
      const before = new Set((await podsOf(ground(), 'webhook')).map(({ name }) => name));
      await using load = await startCreateLoad(client, { namespace: 'rolling' });
      await load.goesOn();
      const annotations = { 'example.com/rolled': 'yes' };
      await release.upgrade({
        ...values,
        'webhook.podAnnotations': annotations,
        'controller.podAnnotations': annotations,
      });
      await rolledOut(kubectl);
      await eventually(
        'only new pods are left',
        async () => {
          const text = await kubectl(['get', 'pods', '-n', installed.namespace, '-o', 'name']);
          return ![...before].some((name) => text.includes(name));
        },
        180_000,
      );
      await load.goesOn();
      const { admitted, refused, failures } = await load.stop();
      results.rolling_update = { creates: admitted + refused + failures.length, failed: failures.length };
      expect(failures).toEqual([]);
    });

    it('a node is drained that has a replica, and no create fails', { timeout: 600_000 }, async () => {
      const { client, kubectl, nodes, results } = ground();
      const [, other = ''] = nodes;
      expect((await podsOf(ground(), 'webhook')).some(({ node }) => node === other)).toBe(true);
      await using load = await startCreateLoad(client, { namespace: 'drained' });
      await load.goesOn();
      await kubectl([
        'drain',
        other,
        '--ignore-daemonsets',
        '--delete-emptydir-data',
        '--force',
        '--timeout=180s',
      ]);
      expect((await podsOf(ground(), 'webhook')).some(({ node }) => node === other)).toBe(false);
      await rolledOut(kubectl);
      await load.goesOn();
      const { admitted, refused, failures } = await load.stop();
      results.drain = { creates: admitted + refused + failures.length, failed: failures.length };
      expect(failures).toEqual([]);
      await kubectl(['uncordon', other]);
    });

    it(
      'a replica is killed with -9: the limit holds, and lost slots come back',
      { timeout: 600_000 },
      async () => {
        const { client, cluster, observer, results } = ground();
        const options = { namespace: 'killed', workflows: 3, clientsEach: 5 };
        await using load = await startCreateLoad(client, options);
        await load.goesOn();
        const [victim] = await podsOf(ground(), 'webhook');
        if (victim === undefined) throw new Error('there is no replica to kill');
        await cluster.killContainer(victim.node, victim.containerId);
        const killedAt = performance.now();
        await load.goesOn();
        await load.stop();
        await allSlotsTaken(load);
        const seconds = (performance.now() - killedAt) / 1_000;
        await observer.caughtUp();
        const violations = load.workflows.filter((name) => mostActive(observer.events, `killed/${name}`) > 5);
        results.kill = { violations: violations.length, slots_back_seconds: rounded(seconds) };
        expect(violations).toEqual([]);
        // One lifetime of a reservation, and what the load takes to end and to begin again.
        expect(seconds).toBeLessThanOrEqual(90);
        await eventually(
          'it is Ready again',
          async () => (await podsOf(ground(), 'webhook')).length === 2,
          120_000,
        );
      },
    );
  });
}

/** Fills each workflow; resolves when each has as many active executions as slots. */
async function allSlotsTaken({ namespace, workflows }: CreateLoad): Promise<void> {
  let turn = 0;
  for (const workflow of workflows) {
    await eventually(
      `${workflow} has all of its slots`,
      async () => {
        turn += 1;
        const execution = makeExecution(`${workflow}-back-${turn}`).of(workflow).withSpec(vainWork).build();
        await namespace.executions.create(execution).catch((error: unknown) => {
          if (!(error instanceof KubeStatusError)) throw error;
        });
        return (await namespace.active(workflow)).length === 5;
      },
      120_000,
    );
  }
}
