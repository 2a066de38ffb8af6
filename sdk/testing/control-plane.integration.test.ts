import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { updateConfigmap } from '../actions/update-configmap.ts';
import type { Command } from '../../test/cluster/binaries.ts';
import { findBinaries } from '../../test/cluster/find-binaries.ts';
import { processesOf } from '../../test/cluster/processes-of.ts';
import { ControlPlaneError, startControlPlane, type TestControlPlane } from './control-plane.ts';
import { runAction } from './run-action.ts';
import { createTestNamespace } from './test-namespace.ts';
import { makeWorkflow } from './workflow-builder.ts';

let assets: string;
let controlPlane: TestControlPlane;

beforeAll(async () => {
  assets = mkdtempSync(join(tmpdir(), 'stepgate-assets-'));
  const { etcd, apiServer } = await findBinaries();
  writeProgram('etcd', etcd);
  writeProgram('kube-apiserver', apiServer);
  controlPlane = await startControlPlane({ assets });
});
afterAll(async () => {
  await controlPlane?.stop();
  rmSync(assets, { recursive: true, force: true });
});

/** As envtest's folder has them: one program a file. */
function writeProgram(name: string, command: Command): void {
  const words = command.map((word) => `'${word}'`).join(' ');
  writeFileSync(join(assets, name), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
}

it('runs an action on a real API server, with the rights that its Role gives and no others', async () => {
  const { kubeConfig, client } = controlPlane;
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'] }];
  const namespace = await createTestNamespace(kubeConfig, rules);
  const path = `/api/v1/namespaces/${namespace.name}/configmaps`;
  const body = { metadata: { name: 'settings' }, data: { colour: 'red' } };
  await client.request({ method: 'POST', path, body });
  const parameters = { configmap: 'settings', data: { colour: 'blue' } };
  const execution = { namespace: namespace.name };
  await runAction(updateConfigmap, { parameters, kube: namespace.kube, execution });
  expect(await client.request({ method: 'GET', path: `${path}/settings` })).toMatchObject({
    data: { colour: 'blue' },
  });
  await expect(namespace.kube.request({ method: 'GET', path })).rejects.toSatisfy((error) =>
    isKubeStatus(error, 403),
  );
  await namespace.remove();
});

it('serves the kinds of stepgate', async () => {
  const path = '/apis/workflowexecution.kubernaut.io/v1alpha1/namespaces/default/workflowexecutions';
  const created = controlPlane.client.request({
    method: 'POST',
    path,
    body: makeWorkflow('w').steps(2).build(),
  });
  await expect(created).resolves.toMatchObject({ metadata: { name: 'w' } });
});

it('says what is wrong where it cannot start, and leaves nothing behind', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'stepgate-no-assets-'));
  await expect(startControlPlane({ assets: empty })).rejects.toThrow(ControlPlaneError);
  expect(processesOf(empty)).toEqual([]);
  rmSync(empty, { recursive: true });
});
