import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution, makeGeneratedExecution } from '../builders/execution-builder.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { kindClient } from '../cluster/kind-client.ts';
import { configure } from './configure.ts';
import { openNamespace } from './open-namespace.ts';
import { causesOf, refusalOf } from './refusal.ts';
import { grantRights } from './threat-model/rights.ts';

/** Whose rights an action has: those of an account that its user may use. */
let cluster: InstalledCluster;
let admin: KubeClient;
let developer: KubeClient;
let approver: KubeClient;

const deployer = { serviceAccountName: 'deployer' };

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false, replicas: 1 });
  admin = createKubeClient(cluster.controlPlane.kubeConfig());
  developer = createKubeClient(cluster.controlPlane.kubeConfig('developer'));
  approver = createKubeClient(cluster.controlPlane.kubeConfig('approver'));
  await grantRights(admin);
});

afterAll(async () => {
  for (const client of [admin, developer, approver]) client?.close();
  await cluster?.stop();
});

/** A namespace with a workflow `restart` of an administrator, and what the developer may do in it. */
async function ground(name: string) {
  const namespace = await openNamespace(admin, name);
  await namespace.workflow();
  return {
    namespace,
    executions: kindClient(developer, kubernetesExecutionKind, name),
    workflows: kindClient(developer, workflowExecutionKind, name),
  };
}

const named = (name: string) => makeExecution(name).of('restart').withSpec(deployer).build();

describe('an execution that names an account', () => {
  it('is refused to who may not use it, on every way in, with the rule that he lacks', async () => {
    const { executions, namespace } = await ground('named');
    const generated = makeGeneratedExecution('e-').of('restart').withSpec(deployer).build();
    const tries = [
      () => executions.create(named('e')),
      () => executions.create(named('e'), { dryRun: 'All' }),
      () => executions.create(generated),
      () => executions.apply(named('e')),
    ];
    for (const attempt of tries) {
      const refusal = await refusalOf(attempt());
      expect([refusal.code, refusal.reason, ...causesOf(refusal)]).toEqual([
        403,
        'Forbidden',
        'ServiceAccountNotAllowed',
      ]);
      expect(refusal.message).toContain(
        'developer may not have actions run as ServiceAccount "deployer" of namespace "named": that takes a Role ' +
          'there with the rule {apiGroups: [""], resources: [serviceaccounts], resourceNames: [deployer], verbs: [use]}.',
      );
    }
    expect(await namespace.fill('restart')).toHaveLength(5);
  });

  it('passes where it is the default one, or the user an administrator', async () => {
    const { executions, namespace } = await ground('default-one');
    const runner = { serviceAccountName: 'stepgate-runner' };
    await executions.create(makeExecution('one').of('restart').withSpec(runner).build());
    await executions.create(makeExecution('two').of('restart').build());
    await namespace.executions.create(named('three'));
    expect(await namespace.active()).toEqual(['one', 'three', 'two']);
  });

  it('passes once that Role is there, in its namespace alone', async () => {
    const { executions } = await ground('granted');
    const elsewhere = await ground('not-granted');
    expect(causesOf(await refusalOf(executions.create(named('e'))))).toEqual(['ServiceAccountNotAllowed']);
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/granted';
    const metadata = { name: 'deployer-user' };
    const rules = [
      { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['deployer'], verbs: ['use'] },
    ];
    await admin.request({ method: 'POST', path: `${rbac}/roles`, body: { metadata, rules } });
    await admin.request({
      method: 'POST',
      path: `${rbac}/rolebindings`,
      body: {
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
        subjects: [{ kind: 'Group', name: 'developers', apiGroup: 'rbac.authorization.k8s.io' }],
      },
    });
    await eventually('the developer may use it', async () =>
      executions.create(named('e')).then(
        () => true,
        () => false,
      ),
    );
    const other = makeExecution('other').of('restart').withSpec({ serviceAccountName: 'root' }).build();
    const attempts = [() => executions.create(other), () => elsewhere.executions.create(named('e'))];
    for (const attempt of attempts)
      expect(causesOf(await refusalOf(attempt()))).toEqual(['ServiceAccountNotAllowed']);
  });

  it('is refused in every mode', async () => {
    const { executions } = await ground('audited');
    await configure(cluster, { enforcement: 'audit' });
    try {
      expect(causesOf(await refusalOf(executions.create(named('e'))))).toEqual(['ServiceAccountNotAllowed']);
    } finally {
      await configure(cluster, { enforcement: 'enforce' });
    }
  });
});

describe('a workflow that names an account', () => {
  const spec = { spec: deployer };

  it('is refused to who may not use it, when it is created and when it is changed to that', async () => {
    const { workflows } = await ground('written');
    await workflows.create(makeWorkflow('plain').steps(2).build());
    const tries = [
      () => workflows.create(makeWorkflow('w').steps(2).withSpec(deployer).build()),
      () => workflows.mergePatch('plain', spec),
      () => workflows.apply(makeWorkflow('plain').steps(2).withSpec(deployer).build()),
    ];
    for (const attempt of tries) {
      expect(causesOf(await refusalOf(attempt()))).toEqual(['ServiceAccountNotAllowed']);
    }
  });

  it('may be labelled, paused and given up by others, and no step of it changed', async () => {
    const { workflows, namespace } = await ground('of-an-administrator');
    await namespace.workflows.mergePatch('restart', spec);
    await workflows.mergePatch('restart', { metadata: { labels: { team: 'shop' } } });
    await workflows.mergePatch('restart', { spec: { paused: true } });
    const refusal = await refusalOf(
      workflows.jsonPatch('restart', [
        { op: 'replace', path: '/spec/steps/0/action', value: 'delete_namespace' },
      ]),
    );
    expect(causesOf(refusal)).toEqual(['ServiceAccountNotAllowed']);
    await workflows.mergePatch('restart', { spec: { serviceAccountName: null } });
  });

  it('is approved by who may approve, whether he may use the account or not', async () => {
    const { namespace } = await ground('approved');
    await namespace.workflows.create(makeWorkflow('big').steps(12).withSpec(deployer).build());
    await kindClient(approver, workflowExecutionKind, 'approved').mergePatch('big', {
      metadata: { annotations: { [approvalAnnotations.approved]: 'true' } },
    });
    const step = { ...deployer, parameters: { replicas: '3' } };
    await namespace.executions.create(makeExecution('big-step-1').of('big').withSpec(step).build());
    expect(await namespace.active('big')).toEqual(['big-step-1']);
  });
});
