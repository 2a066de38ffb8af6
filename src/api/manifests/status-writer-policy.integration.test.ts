import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecution } from '../../../test/builders/execution-builder.ts';
import { makeWorkflow } from '../../../test/builders/workflow-builder.ts';
import type { ControlPlane, UserName } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { eventually } from '../../../test/cluster/eventually.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import { kindClient } from '../../../test/cluster/kind-client.ts';
import { createKubeClient, type KubeClient } from '../../kube/kube-client.ts';
import { kubernetesExecutionKind, rollbackOfAnnotation, workflowExecutionKind } from '../names.ts';
import { statusWriterPolicyName } from './status-writer-policy.ts';

let controlPlane: ControlPlane;
const clients = new Map<UserName, KubeClient>();

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
  await workflows('admin').create(makeWorkflow('w').steps(2).build());
  for (const name of ['one', 'two']) await executions('admin').create(makeExecution(name).of('w').build());
});

afterAll(async () => {
  for (const client of clients.values()) client.close();
  await controlPlane?.stop();
});

function clientOf(user: UserName): KubeClient {
  const client = clients.get(user) ?? createKubeClient(controlPlane.kubeConfig(user));
  clients.set(user, client);
  return client;
}

const executions = (user: UserName) => kindClient(clientOf(user), kubernetesExecutionKind, 'default');
const workflows = (user: UserName) => kindClient(clientOf(user), workflowExecutionKind, 'default');

/** PUT of a status, as the controller writes executions. */
async function put(user: UserName, name: string, status: object): Promise<unknown> {
  const stored = await executions('admin').get<{ metadata: { name: string } }>(name);
  return executions(user).replace({ ...stored, status }, 'status');
}

describe('the status of an execution', () => {
  it.each([
    ['result', { result: { previousReplicas: 0 } }],
    ['attempts', { attempts: 3 }],
    ['interruptions', { interruptions: 3 }],
    ['unanswered', { unanswered: 3 }],
    ['executor', { executor: 'me' }],
  ])('has its %s from the controller alone, whatever rights others have', async (_, status) => {
    await expect(put('admin', 'one', status)).rejects.toThrow('written by system:serviceaccount:');
    await put('controller', 'one', { phase: 'executing', ...status });
    for (const removed of [null, { phase: 'executing' }])
      await expect(
        executions('admin').jsonPatch('one', [{ op: 'replace', path: '/status', value: removed }], 'status'),
      ).rejects.toThrow('written by system:serviceaccount:');
  });

  it('is settled by others, who leave what the controller wrote', async () => {
    await put('controller', 'two', { phase: 'executing', result: { a: [1] }, attempts: 1, executor: 'c' });
    const status = { phase: 'completed', message: 'Seen to.', completionTime: '2026-01-01T00:00:00Z' };
    await executions('admin').mergePatch('two', { status }, 'status');
    expect(await executions('admin').get('two')).toMatchObject({ status: { ...status, result: { a: [1] } } });
  });

  it('is not said to wait or to begin anew by others while a controller runs it', async () => {
    await executions('admin').create(makeExecution('three').of('w').build());
    await executions('admin').mergePatch('three', { status: { phase: 'validating' } }, 'status');
    await put('controller', 'three', { phase: 'executing', attempts: 1, executor: 'c' });
    for (const phase of ['pending', 'waiting_approval', null])
      await expect(executions('admin').mergePatch('three', { status: { phase } }, 'status')).rejects.toThrow(
        'others may settle it and write no other phase',
      );
    await executions('admin').mergePatch('three', { status: { message: 'Seen.' } }, 'status');
    await put('controller', 'three', { phase: 'pending', attempts: 1, executor: 'c' });
    await executions('admin').mergePatch('three', { status: { phase: 'failed' } }, 'status');
    await executions('admin').mergePatch('three', { status: { phase: 'completed' } }, 'status');
  });
});

describe('the status of a workflow', () => {
  const stepStatuses = [{ stepNumber: 1, phase: 'completed' }];

  it('has its steps from the controller alone', async () => {
    const patch = { status: { stepStatuses } };
    await expect(workflows('admin').mergePatch('w', patch, 'status')).rejects.toThrow('status.stepStatuses');
    const ofController = kindClient(clientOf('controller'), workflowExecutionKind, 'default');
    await ofController.mergePatch('w', patch, 'status');
    await workflows('admin').mergePatch('w', { status: { phase: 'paused', note: 'theirs' } }, 'status');
    await expect(workflows('admin').mergePatch('w', { status: null }, 'status')).rejects.toThrow(
      'status.stepStatuses',
    );
  });
});

describe('what makes an execution undo another', () => {
  const marked = (name: string) => makeExecution(name).of('w').annotate(rollbackOfAnnotation, 'one').build();
  const mark = (value: string | null) => ({ metadata: { annotations: { [rollbackOfAnnotation]: value } } });

  it('is set by the controller alone, and never changed', async () => {
    await expect(executions('admin').create(marked('undo'))).rejects.toThrow(
      'is set by system:serviceaccount:',
    );
    await executions('controller').create(marked('undo'));
    await expect(executions('admin').mergePatch('one', mark('two'))).rejects.toThrow('is immutable');
    for (const value of ['two', null])
      await expect(executions('admin').mergePatch('undo', mark(value))).rejects.toThrow('is immutable');
  });

  it('is in the way of no other change', async () => {
    const finalizers = ['tests.kubernaut.io/keep'];
    await executions('admin').mergePatch('undo', { metadata: { finalizers } });
    await executions('admin').mergePatch('undo', { metadata: { finalizers: null, labels: { a: 'b' } } });
    await expect(executions('admin').delete('undo')).resolves.toBeDefined();
  });
});

// The last one: the API server takes the change up within a second.
it('is also written by the accounts that the chart names', async () => {
  const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${statusWriterPolicyName}`;
  await clientOf('admin').request({
    method: 'PATCH',
    path,
    contentType: 'application/json-patch+json',
    body: [{ op: 'replace', path: '/spec/variables/0/expression', value: JSON.stringify(['admin']) }],
  });
  await eventually('the policy has taken the account up', () =>
    executions('admin')
      .mergePatch('one', { status: { attempts: 9 } }, 'status')
      .then(
        () => true,
        () => false,
      ),
  );
  expect(await executions('admin').get('one')).toMatchObject({ status: { attempts: 9 } });
});
