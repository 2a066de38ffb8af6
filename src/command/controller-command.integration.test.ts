import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ControllerReplica, startControllerReplica } from '../../test/cluster/controller-replica.ts';
import type { ControllerReplicaOptions } from '../../test/cluster/controller-replica.ts';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import { type FaultyProxy, startFaultyProxy } from '../../test/cluster/faulty-proxy.ts';
import { installManifests } from '../../test/cluster/install-manifests.ts';
import { kindClient } from '../../test/cluster/kind-client.ts';
import { createRunnerAccount } from '../../test/cluster/runner-account.ts';
import { workflowExecutionKind } from '../api/names.ts';
import type { WorkflowExecution } from '../api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../kube/kube-client.ts';
import { type Lease, leaseKind } from '../kube/lease.ts';

/** The command as a process, with the rights of the controller's account. No webhook is needed to see it work. */
let controlPlane: ControlPlane;
let client: KubeClient;
let replicas: ControllerReplica[];
let workflows = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  await installManifests(controlPlane);
  client = createKubeClient(controlPlane.kubeConfig());
  await createRunnerAccount(client, 'default');
});

beforeEach(() => {
  replicas = [];
});

afterEach(async () => {
  for (const { child } of replicas) await child.kill();
  await controlPlane.kubectl(['delete', 'lease', '-n', 'kubernaut-system', '--all']);
});

afterAll(async () => {
  client?.close();
  await controlPlane?.stop();
});

async function start(
  name: string,
  options: Partial<ControllerReplicaOptions> = {},
): Promise<ControllerReplica> {
  const replica = await startControllerReplica(controlPlane, { name, ...options });
  replicas.push(replica);
  await replica.ready();
  return replica;
}

/** Creates a workflow of two steps, one after the other, and waits until it is completed. */
async function runWorkflow(): Promise<void> {
  const name = `run-${(workflows += 1)}`;
  const ofDefault = kindClient(client, workflowExecutionKind, 'default');
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } };
  const step = (stepNumber: number, data: object, dependencies: readonly string[]): object => ({
    stepNumber,
    action: 'apply_manifest',
    parameters: { manifest: { ...configMap, data } },
    dependencies,
  });
  await ofDefault.create({
    apiVersion: `${workflowExecutionKind.group}/${workflowExecutionKind.version}`,
    kind: workflowExecutionKind.kind,
    metadata: { name },
    spec: { steps: [step(1, { a: '1' }, []), step(2, { b: '2' }, ['1'])] },
  });
  await eventually(
    `${name} is completed`,
    async () => (await ofDefault.get<WorkflowExecution>(name)).status?.phase === 'completed',
    60_000,
  );
}

async function holder(): Promise<string> {
  const leases = kindClient(client, leaseKind, 'kubernaut-system');
  return (await leases.get<Lease>('stepgate-controller')).spec?.holderIdentity ?? '';
}

/** Whether it says so in its metrics. */
async function leads({ metricsUrl }: ControllerReplica): Promise<boolean> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  return /^leader_election_master_status\{name="stepgate-controller"\} 1$/m.test(text);
}

describe('the controller', { timeout: 240_000 }, () => {
  it('runs workflows to completion, with no rights but those it has', async () => {
    const one = await start('one');
    await runWorkflow();
    expect(await holder()).toMatch(/^one_/);
    expect(one.child.lastLogLines(1000)).not.toContain('Forbidden');
  });

  it('stands by while another works, and takes over when that one is stopped', async () => {
    const one = await start('one');
    await eventually('one leads', () => leads(one));
    const two = await start('two');
    expect(await leads(two)).toBe(false);
    one.child.signal('SIGTERM');
    await one.child.exited;
    expect(one.child.lastLogLines()).toContain('The lease was given back');
    await eventually('two leads', () => leads(two));
    await runWorkflow();
  });

  it('takes over when the other is killed', async () => {
    const one = await start('one');
    await eventually('one leads', () => leads(one));
    const two = await start('two');
    await one.child.kill();
    await eventually('two leads', () => leads(two), 60_000);
    expect(await holder()).toMatch(/^two_/);
    await runWorkflow();
  });

  it('ends when its leadership is lost, and says so', async () => {
    const proxy: FaultyProxy = await startFaultyProxy({ target: controlPlane.url });
    const one = await start('one', { at: { url: proxy.url, authorityPem: controlPlane.authorityPem } });
    await eventually('it leads', () => leads(one));
    proxy.freeze();
    await one.child.exited;
    expect(one.child.lastLogLines()).toContain('LeadershipLostError: The lease was not renewed in time');
    await proxy.close();
  });

  it('works alone where nobody else can', async () => {
    const replica = await startControllerReplica(controlPlane, {
      name: 'alone',
      switches: ['no-leader-elect'],
    });
    replicas.push(replica);
    await replica.ready();
    await runWorkflow();
    await expect(holder()).rejects.toMatchObject({ status: { code: 404 } });
  });

  it('runs the actions of a plugin', async () => {
    const plugin = join(controlPlane.folder, 'hello.mjs');
    writeFileSync(
      plugin,
      `import { defineAction, definePlugin } from 'stepgate';
       import { z } from 'zod';
       const hello = defineAction({
         name: 'hello',
         parameters: z.object({ to: z.string() }),
         run: async ({ parameters }) => ({ said: 'hello ' + parameters.to }),
       });
       export default definePlugin({ name: 'hello', actions: [hello] });`,
    );
    await start('one', { plugins: [plugin] });
    const ofDefault = kindClient(client, workflowExecutionKind, 'default');
    const steps = [{ stepNumber: 1, action: 'hello', parameters: { to: 'all' } }];
    await ofDefault.create({
      apiVersion: `${workflowExecutionKind.group}/${workflowExecutionKind.version}`,
      kind: workflowExecutionKind.kind,
      metadata: { name: 'hello' },
      spec: { steps },
    });
    const status = async () => (await ofDefault.get<WorkflowExecution>('hello')).status;
    await eventually('it is over', async () => (await status())?.completionTime !== undefined);
    expect(await status()).toMatchObject({ phase: 'completed', stepStatuses: [{ attempts: 1 }] });
  });

  it('does not start with a plugin that there is not', async () => {
    const replica = await startControllerReplica(controlPlane, { name: 'one', plugins: ['/nowhere.ts'] });
    await replica.child.exited;
    expect(replica.child.lastLogLines()).toContain('stepgate: plugin /nowhere.ts: there is no file');
  });
});
