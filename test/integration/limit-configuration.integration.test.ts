import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLimit } from '../../src/command/check-limit.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { configure } from './configure.ts';
import { openNamespace } from './open-namespace.ts';
import { outcomesOf, refusalOf } from './refusal.ts';

/** BR-WF-166, configurable: what a change of the ConfigMap does to replicas that run. Each test leaves limit 5. */
const folder = mkdtempSync(join(tmpdir(), 'stepgate-audit-'));
const auditLog = join(folder, 'audit.log');
let cluster: InstalledCluster;
let client: KubeClient;

beforeAll(async () => {
  const policy = join(folder, 'policy.json');
  const rules = [{ level: 'Metadata', verbs: ['create'], omitStages: ['RequestReceived'] }];
  writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
  cluster = await startInstalledCluster({
    controllerManager: false,
    apiServerFlags: [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`],
  });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true });
});

describe('BR-WF-166: the limit is configured without a restart', () => {
  it('is felt within seconds when it is raised, and by every replica', async () => {
    const namespace = await openNamespace(client, 'raised');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow);
    await configure(cluster, { 'max-parallel-steps': '8' });
    const creates = Array.from({ length: 10 }, (_, index) => namespace.execute(workflow, `more-${index}`));
    expect((await outcomesOf(creates)).granted).toHaveLength(3);
    expect(await namespace.active(workflow)).toHaveLength(8);
    await configure(cluster, {});
  });

  it('is found by stepgate check-limit, also where a refusal does not name all that hold slots', async () => {
    await configure(cluster, { 'max-parallel-steps': '12' });
    await openNamespace(client, 'checked');
    const said: string[] = [];
    await checkLimit({
      client,
      clock: systemClock,
      namespace: 'checked',
      workflow: 'checked',
      serviceAccount: 'nobody',
      atMost: 20,
      say: (finding) => void said.push(finding),
    });
    expect(said).toContain('12 executions are active, and 8 more at once were refused as well.');
    await configure(cluster, {});
  });

  it('kills nothing when it is lowered: should return 0 when over limit (defensive)', async () => {
    const namespace = await openNamespace(client, 'lowered');
    const workflow = await namespace.workflow();
    await configure(cluster, { 'max-parallel-steps': '7' });
    const holders = await namespace.fill(workflow, 7);
    await configure(cluster, {});
    expect(await namespace.active(workflow)).toEqual(holders);
    const creates = Array.from({ length: 10 }, (_, index) => namespace.execute(workflow, `more-${index}`));
    expect((await outcomesOf(creates)).refused.map(({ code }) => code)).toEqual(Array(10).fill(429));

    for (const holder of holders.slice(0, 2)) await namespace.settle(holder);
    await eventually('two are seen to have settled, and five are still too many', async () => {
      const { code, details } = await refusalOf(namespace.execute(workflow, 'sixth'));
      expect(code).toBe(429);
      return details?.causes?.filter(({ reason }) => reason === 'SlotHeld').length === 5;
    });
    await namespace.settle(holders[2] ?? '');
    await namespace.executeWhenFree(workflow, 'fifth');
  });

  it('stays what it was when the new value cannot be used', async () => {
    const namespace = await openNamespace(client, 'unusable');
    const workflow = await namespace.workflow();
    await configure(cluster, { 'max-parallel-steps': '6' });
    await configure(
      cluster,
      { 'max-parallel-steps': 'many' },
      'of the key max-parallel-steps cannot be used',
    );
    await namespace.fill(workflow, 6);
    expect(await refusalOf(namespace.execute(workflow, 'seventh'))).toMatchObject({ code: 429 });
    await configure(cluster, {});
  });
});

describe('BR-WF-166: a limit that is not enforced', () => {
  it('in mode warn admits the sixth, and kubectl shows the warning', async () => {
    const namespace = await openNamespace(client, 'warn');
    const workflow = await namespace.workflow();
    await configure(cluster, { enforcement: 'warn' });
    await namespace.fill(workflow);
    const args = ['create', '--namespace', 'warn', '-f', '-'];
    const input = JSON.stringify(makeExecution('sixth').of(workflow).build());
    const { exitCode, stderr } = await cluster.controlPlane.kubectl(args, { input });
    expect(stderr).toBe(
      'Warning: stepgate would refuse this in mode enforce: ' +
        'workflow "restart" has 6 active executions, its limit is 5\n',
    );
    expect(exitCode).toBe(0);
    await configure(cluster, {});
    expect(await refusalOf(namespace.execute(workflow, 'seventh'))).toMatchObject({ code: 429 });
  });

  it('in mode audit admits the sixth in silence, and the audit log has it', async () => {
    const namespace = await openNamespace(client, 'audit');
    const workflow = await namespace.workflow();
    await configure(cluster, { enforcement: 'audit' });
    await namespace.fill(workflow);
    const args = ['create', '--namespace', 'audit', '-f', '-'];
    const input = JSON.stringify(makeExecution('sixth').of(workflow).build());
    expect(await cluster.controlPlane.kubectl(args, { input })).toMatchObject({ exitCode: 0, stderr: '' });
    await eventually('the audit log tells of the sixth', async () => auditedExcess('sixth') !== undefined);
    expect(auditedExcess('sixth')).toBe('workflow "restart" has 6 active executions, its limit is 5');
    expect(auditedExcess(`${workflow}-step-5`)).toBeUndefined();
    await configure(cluster, {});
  });
});

interface AuditEvent {
  readonly objectRef?: { readonly namespace?: string; readonly name?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

function auditedExcess(name: string): string | undefined {
  const events = readFileSync(auditLog, 'utf8').trim().split('\n');
  return events
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ objectRef }) => objectRef?.namespace === 'audit' && objectRef.name === name)
    .map(({ annotations = {} }) => Object.entries(annotations))
    .flatMap((entries) => entries.filter(([key]) => key.endsWith('/parallel-limit-exceeded')))
    .map(([, value]) => value)
    .at(0);
}
