import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { workflowExecutionKind } from '../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { specHash } from '../../src/policy/approval/spec-hash.ts';
import type { UserName } from '../cluster/control-plane.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { type KindClient, kindClient } from '../cluster/kind-client.ts';
import { metricOf } from './metric-of.ts';
import { grantRights } from './threat-model/rights.ts';

/** Where one can read later what became of an approval: audit log, Events, metric. */
const folder = mkdtempSync(join(tmpdir(), 'stepgate-audit-'));
const auditLog = join(folder, 'audit.log');
const clients = new Map<UserName, KubeClient>();
let cluster: InstalledCluster;

beforeAll(async () => {
  const policy = join(folder, 'policy.json');
  const rules = [{ level: 'Metadata', verbs: ['patch'], omitStages: ['RequestReceived'] }];
  writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
  cluster = await startInstalledCluster({
    controllerManager: false,
    apiServerFlags: [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`],
  });
  await grantRights(clientOf('admin'));
});

afterAll(async () => {
  for (const client of clients.values()) client.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true });
});

function clientOf(user: UserName): KubeClient {
  const client = clients.get(user) ?? createKubeClient(cluster.controlPlane.kubeConfig(user));
  clients.set(user, client);
  return client;
}

const as = (user: UserName): KindClient => kindClient(clientOf(user), workflowExecutionKind, 'default');

/**
 * Patches, and waits until the API server's cache has that: the next patch begins with what the cache has, and where
 * that is old it is tried again, so that admission sees it twice.
 */
async function patch(name: string, change: object, user: UserName): Promise<void> {
  const { metadata } = await as(user).mergePatch<StoredWorkflow>(name, change);
  const query = { resourceVersion: '0', fieldSelector: `metadata.name=${name}` };
  await eventually('the cache of the API server has it', async () => {
    const { items } = await as('admin').list<{ readonly items: readonly StoredWorkflow[] }>(query);
    return items[0]?.metadata.resourceVersion === metadata.resourceVersion;
  });
}

interface StoredWorkflow {
  readonly metadata: { readonly resourceVersion: string };
}

/** Sets `approved`, or takes it away by null. */
function decide(name: string, value: string | null, user: UserName = 'approver'): Promise<void> {
  return patch(name, { metadata: { annotations: { [approvalAnnotations.approved]: value } } }, user);
}

const big = (name: string) => makeWorkflow(name).steps(12);

it('the audit log tells who decided on which spec, and says it of decisions alone', async () => {
  const { spec } = big('audited').build();
  const hash = specHash(spec);
  await as('developer').create(big('audited').build());
  await decide('audited', hash);
  await patch('audited', { metadata: { labels: { touched: 'yes' } } }, 'developer');
  await patch('audited', { spec: { serviceAccountName: 'other' } }, 'developer');
  await decide('audited', 'false');
  await eventually('the audit log has all four', async () => auditedOf('audited').length === 4);
  const otherHash = specHash({ ...spec, serviceAccountName: 'other' });
  expect(auditedOf('audited')).toEqual([
    { user: 'approver', approver: 'approver', 'spec-hash': hash },
    { user: 'developer' },
    { user: 'developer' },
    { user: 'approver', approver: 'approver', 'spec-hash': otherHash },
  ]);
});

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly name?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Who patched the workflow, and what our validating webhook has noted beside it. */
function auditedOf(name: string): Readonly<Record<string, string>>[] {
  const prefix = 'workflowexecutions.validate.stepgate.kubernaut.io/';
  const events = readFileSync(auditLog, 'utf8').trim().split('\n');
  return events
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ objectRef }) => objectRef?.resource === 'workflowexecutions' && objectRef.name === name)
    .map(({ user, annotations = {} }) => {
      const notes = Object.entries(annotations).filter(([key]) => key.startsWith(prefix));
      const ours = notes.map(([key, value]) => [key.slice(prefix.length), value] as const);
      return { user: user.username, ...Object.fromEntries(ours) };
    });
}

interface EventList {
  readonly items: readonly {
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly involvedObject: { readonly kind: string; readonly uid?: string };
  }[];
}

async function eventsOf(name: string): Promise<EventList['items']> {
  const { items } = await clientOf('admin').request<EventList>({
    method: 'GET',
    path: '/api/v1/namespaces/default/events',
    query: { fieldSelector: `involvedObject.name=${name}` },
  });
  return items.toSorted((left, right) => left.reason.localeCompare(right.reason));
}

const happenings = ['required', 'approved', 'rejected', 'voided', 'withdrawn'] as const;

/** How often each was counted, by all replicas together. */
async function counted(): Promise<Record<string, number>> {
  const counts = happenings.map(async (what) => {
    const labels = `what="${what}"`;
    const each = cluster.replicas.map((replica) =>
      metricOf(replica, 'stepgate_workflow_approvals_total', labels),
    );
    return [what, (await Promise.all(each)).reduce((sum, count) => sum + count, 0)] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

it('Events on the workflow and the metric tell what became of it: each happening once', async () => {
  const before = await counted();
  const name = 'told';
  const { metadata, spec } = await as('developer').create<{
    readonly metadata: { readonly uid: string };
    readonly spec: Parameters<typeof specHash>[0];
  }>(big(name).build());
  const edited = specHash({ ...spec, serviceAccountName: 'other' });
  await decide(name, 'true');
  await decide(name, null, 'developer');
  await decide(name, specHash(spec));
  await patch(name, { spec: { serviceAccountName: 'other' } }, 'developer');
  await decide(name, 'false');

  const command = `kubectl annotate workflowexecution ${name} -n default --overwrite kubernaut.io/approved=${specHash(spec)}`;
  // Each replica writes its own: of two approvals there may be two.
  const kinds = async () =>
    (await eventsOf(name)).filter(({ reason }, index, all) => all[index - 1]?.reason !== reason);
  await eventually('there are five kinds of Events', async () => (await kinds()).length === 5);
  const events = await kinds();
  expect(events.map(({ type, reason, message }) => [type, reason, message])).toEqual([
    [
      'Normal',
      'ApprovalRequired',
      `12 steps are more than the 10 that need no approval. To approve it: ${command}`,
    ],
    ['Warning', 'ApprovalVoided', 'developer changed the spec: the decision on it is void'],
    ['Normal', 'ApprovalWithdrawn', 'developer withdrew the approval'],
    ['Normal', 'Approved', `approver approved ${specHash(spec)}`],
    ['Warning', 'Rejected', `approver rejected ${edited}`],
  ]);
  const { kind } = workflowExecutionKind;
  for (const { involvedObject } of events) expect(involvedObject).toMatchObject({ kind, uid: metadata.uid });

  const after = await counted();
  const more = Object.fromEntries(happenings.map((what) => [what, (after[what] ?? 0) - (before[what] ?? 0)]));
  expect(more).toEqual({ required: 1, approved: 2, rejected: 1, voided: 1, withdrawn: 1 });
});

it('a workflow that needs no approval, what is refused and a dry run are told of nowhere', async () => {
  const before = await counted();
  await as('developer').create(makeWorkflow('small').steps(10).build());
  await as('developer').create(big('dry').build(), { dryRun: 'All' });
  await as('developer').create(big('refused').build());
  await expect(decide('refused', 'true', 'developer')).rejects.toThrow('may not decide');
  await eventually('the Event on the other is there', async () => (await eventsOf('refused')).length > 0);
  expect((await eventsOf('refused')).map(({ reason }) => reason)).toEqual(['ApprovalRequired']);
  expect([...(await eventsOf('small')), ...(await eventsOf('dry'))]).toEqual([]);
  expect(await counted()).toEqual({ ...before, required: (before['required'] ?? 0) + 1 });
});

it('what was admitted and then not stored is told of nowhere, and what was stored by the one replica that admitted it', async () => {
  const before = await counted();
  await as('developer').create(big('stored').build());
  for (let again = 0; again < 4; again += 1) {
    await expect(as('developer').create(big('stored').build())).rejects.toThrow('already exists');
  }
  await decide('stored', 'true');
  await eventually('both Events are there', async () => (await eventsOf('stored')).length > 1);
  expect((await eventsOf('stored')).map(({ reason }) => reason)).toEqual(['ApprovalRequired', 'Approved']);
  const count = (what: 'required' | 'approved') => (before[what] ?? 0) + 1;
  expect(await counted()).toEqual({ ...before, required: count('required'), approved: count('approved') });
});

it('a replica that starts tells nothing of what was decided before', async () => {
  await cluster.replace(0);
  const [first] = cluster.replicas;
  if (first === undefined) throw new Error('there is a replica');
  for (const what of happenings) {
    expect(await metricOf(first, 'stepgate_workflow_approvals_total', `what="${what}"`)).toBe(0);
  }
});
