import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecution } from '../../../test/builders/execution-builder.ts';
import { makeWorkflow } from '../../../test/builders/workflow-builder.ts';
import type { ControlPlane } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import type { KindClient } from '../../../test/cluster/kind-client.ts';
import { kindClient } from '../../../test/cluster/kind-client.ts';
import type { KubeClient } from '../../kube/kube-client.ts';
import { createKubeClient } from '../../kube/kube-client.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../names.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';

/** What objects look like that were made under another schema, before ours. */
const oldExecutions = {
  odd: { stepNumber: 0, action: '', timeout: 'soon', maxRetries: -5 },
  empty: {},
};

let controlPlane: ControlPlane;
let client: KubeClient;
let workflows: KindClient;
let executions: KindClient;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  client = createKubeClient(controlPlane.kubeConfig());
  workflows = kindClient(client, workflowExecutionKind, 'default');
  executions = kindClient(client, kubernetesExecutionKind, 'default');
  await installLooseDefinitions();
  for (const [name, spec] of Object.entries(oldExecutions)) {
    await executions.create({ ...makeExecution(name).of('w').build(), spec });
  }
  await executions.create({ ...makeExecution('running').build(), spec: { foo: 1 } });
  await executions.mergePatch('running', { status: { phase: 'Running', progress: [] } }, 'status');
  await executions.create({ ...makeExecution('ill-typed').build(), spec: { stepNumber: 'one' } });
  await workflows.create({ ...makeWorkflow('both').build(), spec: { steps: [], workflowDefinition: {} } });
  await installManifests(controlPlane);
});

afterAll(async () => {
  client?.close();
  await controlPlane?.stop();
});

/** CRDs of the same names that accept anything, as an earlier controller may have brought them. */
async function installLooseDefinitions(): Promise<void> {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const loose = customResourceDefinitions().map((definition) => {
    const copy = structuredClone(definition) as { spec: { versions: [Record<string, unknown>] } };
    copy.spec.versions[0]['schema'] = { openAPIV3Schema: anything };
    delete copy.spec.versions[0]['selectableFields'];
    return copy;
  });
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: loose });
  expect(await controlPlane.kubectl(['apply', '--server-side', '-f', '-'], { input })).toMatchObject({
    exitCode: 0,
  });
  const names = customResourceDefinitions().map(
    (definition) => (definition['metadata'] as { name: string }).name,
  );
  await controlPlane.kubectl(['wait', '--for=condition=Established', 'crd', ...names]);
}

describe('an object from before, which this schema would not accept', () => {
  it.each([...Object.keys(oldExecutions), 'running'])('settles all the same, for ever: %s', async (name) => {
    await executions.mergePatch(name, { status: { phase: 'completed' } }, 'status');
    await expect(
      executions.mergePatch(name, { status: { phase: 'executing' } }, 'status'),
    ).rejects.toMatchObject({
      status: { code: 422 },
    });
  });

  it('can be labelled, get finalizers and lose them', async () => {
    const metadata = { labels: { workflow: 'w' }, finalizers: ['stepgate.kubernaut.io/test'] };
    expect(await executions.mergePatch('running', { metadata })).toMatchObject({ metadata });
    const released = await executions.mergePatch('running', { metadata: { finalizers: null } });
    expect(released).not.toHaveProperty('metadata.finalizers');
  });

  it('is a workflow of two shapes that reports its status', async () => {
    const status = { phase: 'failed' };
    expect(await workflows.mergePatch('both', { status }, 'status')).toMatchObject({ status });
  });

  it('can at least be deleted, where a field has another type than ours', async () => {
    // CEL reads fields by their type: no rule about such a field can be evaluated, so every update is refused.
    const attempt = executions.mergePatch('ill-typed', { status: { phase: 'completed' } }, 'status');
    await expect(attempt).rejects.toMatchObject({ status: { code: 422 } });
    await executions.delete('ill-typed');
    await expect(executions.get('ill-typed')).rejects.toMatchObject({ status: { code: 404 } });
  });
});
