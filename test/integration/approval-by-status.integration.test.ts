import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approvalAnnotations, approvalStamps } from '../../src/api/approval-annotations.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../../src/api/names.ts';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { specHash } from '../../src/policy/approval/spec-hash.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { type KindClient, kindClient } from '../cluster/kind-client.ts';
import { causesOf, outcomesOf } from './refusal.ts';
import { grantRights } from './threat-model/rights.ts';

/** Who may write the status of a workflow writes nothing of its approval with it: the webhook is not even asked. */
let cluster: InstalledCluster;
let admin: KubeClient;
let developer: KubeClient;
let workflows: KindClient;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false, replicas: 1 });
  admin = createKubeClient(cluster.controlPlane.kubeConfig());
  developer = createKubeClient(cluster.controlPlane.kubeConfig('developer'));
  workflows = kindClient(developer, workflowExecutionKind, 'default');
  await grantRights(admin);
});

afterAll(async () => {
  admin?.close();
  developer?.close();
  await cluster?.stop();
});

/** Of the workflow of the test that runs. */
let name = '';
let workflowsSoFar = 0;
const spec = makeWorkflow('big').steps(12).build().spec;

/** All that an approval is made of, and stamps that would make it needless. */
const forged: Readonly<Record<string, string>> = {
  [approvalAnnotations.approved]: 'true',
  ...Object.fromEntries(approvalStamps.map((stamp) => [approvalAnnotations[stamp], '1'])),
  [approvalAnnotations.threshold]: '1000',
  [approvalAnnotations.approvedBy]: 'approver',
  [approvalAnnotations.approvedAt]: '2026-01-01T00:00:00.000Z',
  [approvalAnnotations.approvedSpec]: specHash(spec),
};
const removed = Object.fromEntries(Object.keys(forged).map((key) => [key, null]));
const few = makeWorkflow('big').steps(1).build().spec;
const status = { phase: 'executing' };

const pointer = (annotation: string) => `/metadata/annotations/${annotation.replace('/', '~1')}`;

/** Ways to write the annotations, and a spec of one step, through the status; each writes the phase too. */
const writes: readonly (readonly [string, () => Promise<unknown>])[] = [
  [
    'a merge patch',
    () => workflows.mergePatch(name, { metadata: { annotations: forged }, spec: few, status }, 'status'),
  ],
  [
    'a merge patch that removes them',
    () => workflows.mergePatch(name, { metadata: { annotations: removed }, status }, 'status'),
  ],
  [
    'a JSON patch',
    () =>
      workflows.jsonPatch(
        name,
        [
          ...Object.entries(forged).map(([key, value]) => ({ op: 'add', path: pointer(key), value })),
          { op: 'replace', path: '/spec', value: few },
          { op: 'add', path: '/status', value: status },
        ],
        'status',
      ),
  ],
  [
    'a JSON patch that removes them',
    () =>
      workflows.jsonPatch(
        name,
        [
          { op: 'remove', path: '/metadata/annotations' },
          { op: 'add', path: '/status', value: status },
        ],
        'status',
      ),
  ],
  ['a replace', async () => replace(forged)],
  ['a replace without them', async () => replace({})],
  [
    'a server-side apply',
    async () => {
      const { apiVersion, kind } = await stored();
      return workflows.apply(
        { apiVersion, kind, metadata: { name, annotations: forged }, spec: few, status },
        'status',
      );
    },
  ],
];

async function stored(): Promise<WorkflowExecution> {
  return workflows.get<WorkflowExecution>(name);
}

async function replace(annotations: Readonly<Record<string, string>>): Promise<unknown> {
  const { metadata, ...rest } = await stored();
  return workflows.replace({ ...rest, metadata: { ...metadata, annotations }, spec: few, status }, 'status');
}

describe.each([
  ['that awaits approval', undefined, ['ApprovalRequired']],
  ['that was rejected', 'false', ['WorkflowIsOver']],
  ['that was approved', 'true', []],
])('of a workflow %s', (_, decision, reasons) => {
  beforeEach(async () => {
    workflowsSoFar += 1;
    name = `big-${workflowsSoFar}`;
    await workflows.create(makeWorkflow(name).steps(12).build());
    const patch = { metadata: { annotations: { [approvalAnnotations.approved]: decision } } };
    if (decision !== undefined)
      await kindClient(admin, workflowExecutionKind, 'default').mergePatch(name, patch);
  });

  it.each(writes)('nothing that approval rests on is changed through the status by %s', async (__, write) => {
    const before = await stored();
    await write();
    const after = await stored();
    expect(after.status?.phase).toBe('executing');
    expect(after.metadata.annotations).toEqual(before.metadata.annotations);
    expect(after.spec).toEqual(before.spec);

    const executions = kindClient(developer, kubernetesExecutionKind, 'default');
    const step = makeExecution(`${name}-step`)
      .of(name)
      .withSpec({ parameters: { replicas: '3' } })
      .build();
    const { refused } = await outcomesOf([executions.create(step)]);
    expect(refused.flatMap(causesOf)).toEqual(reasons);
  });
});
