import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configMapName } from '../../src/config/config-watch.ts';
import { eventually } from '../cluster/eventually.ts';
import { objectsIn } from '../chart/helm.ts';
import type { GroundOf } from './ground.ts';
import { installed } from './operated-cluster.ts';

const patience = 120_000;

/** An analysis that a person decides on, and one that nobody decides on in time. */
export function declareAnalysis(ground: GroundOf): void {
  describe('an analysis with more than ten recommendations', () => {
    it('becomes a workflow that runs when a person says so', { timeout: 300_000 }, async () => {
      const { kubectl } = ground();
      await analyse('approved');
      await kubectl(['patch', await request('approved'), ...status('approved', { decision: 'Approved' })]);
      const begun = ['get', 'kubernetesexecutions', '-n', 'approved', '-o', 'name'];
      await eventually('its first step is begun', async () => (await kubectl(begun)) !== '', patience);
      const approver = String.raw`jsonpath={.items[*].metadata.annotations.kubernaut\.io/approved-by}`;
      expect(await kubectl(['get', 'workflowexecutions', '-n', 'approved', '-o', approver])).not.toBe('');
      await kubectl(['delete', 'namespace', 'approved', '--timeout=120s']);
    });

    it('is rejected when nobody says anything in time', { timeout: 300_000 }, async () => {
      const { kubectl } = ground();
      await setApprovalTimeout('10s');
      const namespace = await askedFor('10s');
      const reason = ['get', 'aianalysis', 'slow-shop', '-n', namespace, '-o', 'jsonpath={.status}'];
      const isRejected = async () => (await kubectl(reason)).includes('Nobody has decided within 10s');
      await eventually('it is rejected', isRejected, patience);
      expect(await kubectl(['get', 'workflowexecutions', '-n', namespace, '-o', 'name'])).toBe('');
      await setApprovalTimeout('15m');
      await kubectl(['delete', 'namespace', namespace, '--timeout=120s']);
    });

    async function analyse(namespace: string): Promise<void> {
      const { kubectl } = ground();
      const file = join(import.meta.dirname, '../../examples/analysis/slow-shop.yaml');
      const [analysis] = objectsIn(readFileSync(file, 'utf8')) as unknown as { readonly status: object }[];
      await kubectl(['create', 'namespace', namespace]);
      await kubectl(['create', '-n', namespace, '-f', file]);
      await kubectl(['patch', 'aianalysis', 'slow-shop', ...status(namespace, analysis?.status ?? {})]);
    }

    /** The request, `kind/name`, once a person is asked. */
    async function request(namespace: string): Promise<string> {
      const { kubectl } = ground();
      const requests = async () =>
        (await kubectl(['get', 'aiapprovalrequests', '-n', namespace, '-o', 'name'])).trim();
      await eventually('a person is asked', async () => (await requests()) !== '', patience);
      return requests();
    }

    /** The namespace of an analysis whose request has this time: the controller follows the configuration in seconds. */
    async function askedFor(timeout: string): Promise<string> {
      const { kubectl } = ground();
      for (let tries = 1; tries <= 10; tries += 1) {
        const namespace = `expired-${tries}`;
        await analyse(namespace);
        const asked = ['get', await request(namespace), '-n', namespace, '-o', 'jsonpath={.spec.timeout}'];
        if ((await kubectl(asked)).trim() === timeout) return namespace;
        await kubectl(['delete', 'namespace', namespace, '--timeout=120s']);
      }
      throw new Error(`no request has the time ${timeout}`);
    }

    async function setApprovalTimeout(timeout: string): Promise<void> {
      const data = JSON.stringify({ data: { 'approval-timeout': timeout } });
      const at = ['configmap', configMapName, '-n', installed.namespace];
      await ground().kubectl(['patch', ...at, '--type=merge', '-p', data]);
    }
  });
}

function status(namespace: string, written: object): string[] {
  return ['-n', namespace, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status: written })];
}
