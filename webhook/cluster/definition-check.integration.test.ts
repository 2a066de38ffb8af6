import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { customResourceDefinitions } from '../../src/api/manifests/custom-resource-definitions.ts';
import type { SchemaObject } from '../../src/api/manifests/structural-schema.ts';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import { installManifests } from '../../test/cluster/install-manifests.ts';
import { startWebhookReplica, type WebhookReplica } from '../../test/cluster/webhook-replica.ts';

/** The kinds are somebody else's, and older: nothing but their fields was taken from ours. */
let controlPlane: ControlPlane;
let replica: WebhookReplica;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
  for (const definition of customResourceDefinitions()) {
    const input = JSON.stringify(olderThan(definition));
    const { exitCode, stderr } = await controlPlane.kubectl(['replace', '-f', '-'], { input });
    if (exitCode !== 0) throw new Error(stderr);
  }
  // Nobody analyses here.
  const analyses = ['delete', 'customresourcedefinition', 'aianalyses.aianalysis.kubernaut.io'];
  await controlPlane.kubectl(analyses);
  replica = await startWebhookReplica(controlPlane, { name: 'webhook' });
});

afterAll(async () => {
  await replica?.child.kill();
  await controlPlane?.stop();
});

/** Without selectableFields and without the rules at the root of its schema. */
function olderThan(definition: SchemaObject): object {
  const copy = structuredClone(definition) as {
    spec: {
      versions: [{ selectableFields?: unknown; schema: { openAPIV3Schema: Record<string, unknown> } }];
    };
  };
  const [version] = copy.spec.versions;
  delete version.selectableFields;
  delete version.schema.openAPIV3Schema['x-kubernetes-validations'];
  return copy;
}

async function readiness(): Promise<string> {
  if (replica.child.hasExited) throw new Error(replica.child.lastLogLines());
  try {
    return await (await fetch(`${replica.metricsUrl}/readyz`)).text();
  } catch {
    return '';
  }
}

it('is not ready over definitions that lack what the limit rests on, and the command that it says adds it', async () => {
  await eventually('it says what is lacking', async () => (await readiness()).includes('kubectl patch'));
  const commands = (await readiness()).match(/kubectl patch customresourcedefinition .*/g) ?? [];
  expect(commands.map((command) => command.split(' ')[3])).toEqual([
    'workflowexecutions.workflowexecution.kubernaut.io',
    'kubernetesexecutions.kubernetesexecution.kubernaut.io',
    'aiapprovalrequests.aianalysis.kubernaut.io',
  ]);
  expect(replica.child.lastLogLines(200)).toContain('lacks the selectableFields .status.phase');
  for (const command of commands) {
    // A shell reads it as a person would have it read.
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      `kubectl() { printf '%s\\0' "$@"; }; ${command}`,
    ]);
    const args = stdout.split('\0').slice(0, -1);
    expect(await controlPlane.kubectl(args)).toMatchObject({ exitCode: 0, stderr: '' });
  }
  await replica.ready();
});

it('lets an execution settle for ever from then on', async () => {
  const execution = {
    apiVersion: 'kubernetesexecution.kubernaut.io/v1alpha1',
    kind: 'KubernetesExecution',
    metadata: { name: 'settled', namespace: 'default', labels: { workflow: 'restart' } },
    spec: { stepNumber: 1, action: 'scale_deployment' },
  };
  await controlPlane.kubectl(['create', '-f', '-'], { input: JSON.stringify(execution) });
  const patching = ['patch', 'kubernetesexecution', 'settled', '--subresource=status', '--type=merge'];
  const settle = (phase: string) => [...patching, `--patch={"status":{"phase":"${phase}"}}`];
  expect(await controlPlane.kubectl(settle('completed'))).toMatchObject({ exitCode: 0 });
  expect((await controlPlane.kubectl(settle('executing'))).stderr).toContain('settled is for ever');
});
