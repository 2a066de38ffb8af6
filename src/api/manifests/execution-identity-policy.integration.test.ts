import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionBuilder } from '../../../test/builders/execution-builder.ts';
import { makeExecution } from '../../../test/builders/execution-builder.ts';
import type { ControlPlane } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { eventually } from '../../../test/cluster/eventually.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import type { KindClient } from '../../../test/cluster/kind-client.ts';
import { kindClient } from '../../../test/cluster/kind-client.ts';
import type { KubeClient } from '../../kube/kube-client.ts';
import { createKubeClient } from '../../kube/kube-client.ts';
import { resourcePath } from '../../kube/resource-path.ts';
import { kubernetesExecutionKind } from '../names.ts';
import type { KubernetesExecution } from '../kubernetes-execution.ts';
import { executionIdentityPolicyName } from './execution-identity-policy.ts';

const longName = 'w'.repeat(253);
const annotation = 'kubernaut.io/workflow';

let controlPlane: ControlPlane;
let client: KubeClient;
let executions: KindClient;
let created = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  await installManifests(controlPlane);
  client = createKubeClient(controlPlane.kubeConfig());
  executions = kindClient(client, kubernetesExecutionKind, 'default');
});

afterAll(async () => {
  client?.close();
  await controlPlane?.stop();
});

/** A fresh execution, as `shape` makes it. The webhook is not there: nothing completes it. */
async function create(
  shape: (execution: ExecutionBuilder) => ExecutionBuilder,
): Promise<KubernetesExecution> {
  created += 1;
  return executions.create<KubernetesExecution>(shape(makeExecution(`execution-${created}`)).build());
}

const nameOf = ({ metadata }: KubernetesExecution) => metadata.name ?? '';
const refused = (message: string) => ({
  status: { code: 422, message: expect.stringContaining(message) as string },
});

describe('an execution that names its workflow', () => {
  it.each<[string, object]>([
    ['another workflow', { labels: { workflow: 'v' } }],
    ['an empty label', { labels: { workflow: '' } }],
    ['no label', { labels: { workflow: null } }],
    ['no labels', { labels: null }],
  ])('keeps its label under a patch to %s', async (_, metadata) => {
    const name = nameOf(await create((execution) => execution.of('w').label('a', 'b')));
    await expect(executions.mergePatch(name, { metadata })).rejects.toMatchObject(
      refused(
        'the label workflow is immutable once it is set: it says whose slot the execution holds; it is w',
      ),
    );
  });

  it.each<[string, object]>([
    ['another workflow', { annotations: { [annotation]: 'v' } }],
    ['no annotation', { annotations: { [annotation]: null } }],
    ['no annotations', { annotations: null }],
  ])('keeps its annotation under a patch to %s', async (_, metadata) => {
    const name = nameOf(await create((execution) => execution.of(longName)));
    await expect(executions.mergePatch(name, { metadata })).rejects.toMatchObject(
      refused(`the annotation ${annotation} is immutable once it is set`),
    );
  });

  it('keeps both under replace, JSON patch and server-side apply', async () => {
    const stored = await create((execution) => execution.of('w').annotate(annotation, 'w'));
    const { apiVersion, kind, metadata, spec } = stored;
    const name = nameOf(stored);
    const moved = { ...metadata, labels: { workflow: 'v' }, annotations: { [annotation]: 'v' } };
    for (const attempt of [
      () => executions.replace({ ...stored, metadata: moved }),
      () => executions.replace({ ...stored, metadata: { ...metadata, labels: {} } }),
      () => executions.jsonPatch(name, [{ op: 'replace', path: '/metadata/labels/workflow', value: 'v' }]),
      () =>
        executions.jsonPatch(name, [{ op: 'remove', path: '/metadata/annotations/kubernaut.io~1workflow' }]),
      () => executions.apply({ apiVersion, kind, metadata: { name, labels: { workflow: 'v' } }, spec }),
    ]) {
      await expect(attempt()).rejects.toMatchObject(refused('is immutable once it is set'));
    }
    expect(await executions.get(name)).toMatchObject({ metadata: { labels: { workflow: 'w' } } });
  });

  it('keeps them when it is settled, too', async () => {
    const name = nameOf(await create((execution) => execution.of('w')));
    await executions.mergePatch(name, { status: { phase: 'completed' } }, 'status');
    await expect(
      executions.mergePatch(name, { metadata: { labels: { workflow: 'v' } } }),
    ).rejects.toMatchObject(refused('immutable'));
  });

  it.each<[string, (execution: ExecutionBuilder) => ExecutionBuilder, object]>([
    ['a label beside an annotation', (execution) => execution.of(longName), { labels: { workflow: 'v' } }],
    [
      'an annotation beside a label',
      (execution) => execution.of('w'),
      { annotations: { [annotation]: 'v' } },
    ],
    ['a label beside a reference', (execution) => execution.referringTo('w'), { labels: { workflow: 'v' } }],
    ['a label beside an owner', (execution) => execution.ownedBy('w'), { labels: { workflow: 'v' } }],
    [
      'a label and an annotation that disagree',
      (execution) => execution,
      { labels: { workflow: 'w' }, annotations: { [annotation]: 'v' } },
    ],
  ])('does not get a second one by %s', async (_, shape, metadata) => {
    const name = nameOf(await create(shape));
    await expect(executions.mergePatch(name, { metadata })).rejects.toMatchObject(
      refused('a label or annotation that names the workflow must agree with whatever else names it'),
    );
  });
});

describe('what innocent clients do', () => {
  it.each<[string, (execution: ExecutionBuilder) => ExecutionBuilder, object]>([
    [
      'label an execution from before',
      (execution) => execution.referringTo('w'),
      { labels: { workflow: 'w' } },
    ],
    ['label one that is owned', (execution) => execution.ownedBy('w'), { labels: { workflow: 'w' } }],
    ['label one that says nothing', (execution) => execution, { labels: { workflow: 'w' } }],
    [
      'annotate one of a long name',
      (execution) => execution.referringTo(longName),
      { annotations: { [annotation]: longName } },
    ],
    ['add other labels', (execution) => execution.of('w'), { labels: { team: 'shop' } }],
    [
      'change labels of one that names nothing',
      (execution) => execution.label('a', 'b'),
      { labels: { a: 'c' } },
    ],
    ['add a finalizer', (execution) => execution.of('w'), { finalizers: ['stepgate.kubernaut.io/test'] }],
  ])('is allowed: %s', async (_, shape, metadata) => {
    const name = nameOf(await create(shape));
    expect(await executions.mergePatch(name, { metadata })).toMatchObject({ metadata });
  });

  it('is allowed: remove an owner reference, which orphaning does', async () => {
    const name = nameOf(await create((execution) => execution.of('w').ownedBy('w')));
    const orphaned = await executions.mergePatch(name, { metadata: { ownerReferences: null } });
    expect(orphaned).not.toHaveProperty('metadata.ownerReferences');
  });

  it('is allowed: remove a finalizer from one that is being deleted', async () => {
    const name = nameOf(
      await create((execution) => execution.of('w').finalizer('stepgate.kubernaut.io/test')),
    );
    await executions.delete(name);
    await executions.mergePatch(name, { metadata: { finalizers: null } });
    await expect(executions.get(name)).rejects.toMatchObject({ status: { code: 404 } });
  });

  it('has no type error in the eyes of the API server', async () => {
    interface Policy {
      readonly status?: { readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] } };
    }
    const kind = {
      group: 'admissionregistration.k8s.io',
      version: 'v1',
      plural: 'validatingadmissionpolicies',
    };
    const path = resourcePath(kind, { name: executionIdentityPolicyName });
    let policy: Policy = {};
    await eventually('the policy is type-checked', async () => {
      policy = await client.request<Policy>({ method: 'GET', path });
      return policy.status?.typeChecking !== undefined;
    });
    expect(policy.status?.typeChecking?.expressionWarnings ?? []).toEqual([]);
  });
});
