import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEtcd } from './etcd.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { statusOf } from './api-server-request.ts';
import { processesOf } from './processes-of.ts';
import { userNames, users } from './users.ts';
import { resolveVersion } from './versions.ts';

let controlPlane: ControlPlane;
beforeAll(async () => {
  controlPlane = await startControlPlane();
});
afterAll(() => controlPlane.stop());

/** Runs kubectl as admin and expects success. */
async function admin(args: readonly string[], input?: string): Promise<string> {
  const result = await controlPlane.kubectl(args, input === undefined ? {} : { input });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout;
}

describe('a control plane', () => {
  it('has the version that K8S_VERSION names, as kubectl sees it', async () => {
    const { serverVersion, clientVersion } = JSON.parse(await admin(['version', '-o', 'json'])) as {
      serverVersion: { gitVersion: string };
      clientVersion: { gitVersion: string };
    };
    expect(serverVersion.gitVersion).toBe(resolveVersion(process.env['K8S_VERSION']));
    expect(controlPlane.version).toBe(serverVersion.gitVersion);
    expect(clientVersion.gitVersion).toMatch(/^v1\.\d+\.\d+$/);
  });

  it.each(userNames)('knows %s by name and groups', async (user) => {
    const { stdout } = await controlPlane.kubectl(['auth', 'whoami', '-o', 'json'], { user });
    const { status } = JSON.parse(stdout) as { status: { userInfo: { username: string; groups: string[] } } };
    expect(status.userInfo.username).toBe(users[user].name);
    expect(status.userInfo.groups.toSorted()).toEqual(
      [...users[user].groups, 'system:authenticated'].toSorted(),
    );
  });

  it.each(userNames.filter((user) => user !== 'admin'))(
    'gives %s no right that nobody granted',
    async (user) => {
      const refused = await controlPlane.kubectl(['get', 'configmaps', '-n', 'default'], { user });
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain('Error from server (Forbidden)');
    },
  );

  it('gives admin every right, and others what RBAC grants them', async () => {
    await admin(['create', 'namespace', 'granted']);
    await admin(['create', 'role', 'reader', '-n', 'granted', '--verb=get,list', '--resource=configmaps']);
    await admin(['create', 'rolebinding', 'reader', '-n', 'granted', '--role=reader', '--group=developers']);
    const allowed = () => controlPlane.kubectl(['get', 'configmaps', '-n', 'granted'], { user: 'developer' });
    await vi.waitFor(async () => expect(await allowed()).toMatchObject({ exitCode: 0 }), { timeout: 20_000 });
  });

  it('is verified by TLS: another authority is not believed', async () => {
    const { url, authorityPem } = controlPlane;
    await expect(statusOf(`${url}/version`, authorityPem, 'no token of ours')).resolves.toBe(401);
    await expect(statusOf(`${url}/version`, '', 'any')).rejects.toThrow(/certificate/);
  });

  it('garbage-collects what its owner leaves behind, and ends namespaces', async () => {
    await admin(['create', 'namespace', 'collected']);
    await admin(['create', 'configmap', 'owner', '-n', 'collected']);
    const uid = await admin([
      'get',
      'configmap',
      'owner',
      '-n',
      'collected',
      '-o',
      'jsonpath={.metadata.uid}',
    ]);
    const owned = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'owned',
        namespace: 'collected',
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }],
      },
    };
    await admin(['create', '-f', '-'], JSON.stringify(owned));
    await admin(['delete', 'configmap', 'owner', '-n', 'collected']);
    await admin(['wait', '--for=delete', 'configmap/owned', '-n', 'collected', '--timeout=120s']);
    await admin(['delete', 'namespace', 'collected', '--timeout=120s']);
    expect(await admin(['get', 'namespaces', '-o', 'name'])).not.toContain('namespace/collected');
  });

  it('keeps its data and its address over a restart of the API server', async () => {
    await admin(['create', 'configmap', 'kept', '-n', 'default']);
    const { url } = controlPlane;
    await controlPlane.restartApiServer();
    expect(controlPlane.url).toBe(url);
    await vi.waitFor(async () => admin(['get', 'configmap', 'kept', '-n', 'default']), { timeout: 20_000 });
  });

  it('goes back in history when a backup of etcd is put back', async () => {
    await admin(['create', 'configmap', 'before', '-n', 'default']);
    const restore = await controlPlane.saveEtcd();
    await admin(['create', 'configmap', 'after', '-n', 'default']);
    await restore();
    const names = await admin(['get', 'configmaps', '-n', 'default', '-o', 'name']);
    expect(names).toContain('configmap/before');
    expect(names).not.toContain('configmap/after');
  });

  it('does not answer while paused, and answers again afterwards', async () => {
    const slow = ['get', '--raw', '/readyz', '--request-timeout=1s'];
    controlPlane.pauseApiServer();
    const paused = await controlPlane.kubectl(slow);
    controlPlane.resumeApiServer();
    expect(paused.exitCode).toBe(1);
    await vi.waitFor(async () => expect(await admin(slow)).toBe('ok'), { timeout: 20_000 });
  });
});

it('runs beside another, and stop leaves neither process nor folder', async () => {
  const other = await startControlPlane();
  try {
    await admin(['create', 'configmap', 'here', '-n', 'default']);
    const there = await other.kubectl(['get', 'configmap', 'here', '-n', 'default']);
    expect(there.stderr).toContain('NotFound');
    const foreign = await other.kubectl(['get', 'ns'], { env: { KUBECONFIG: controlPlane.kubeconfig() } });
    expect(foreign.exitCode).toBe(0);
    await vi.waitFor(() => expect(processesOf(other.folder).length).toBeGreaterThanOrEqual(2), {
      timeout: 20_000,
    });
  } finally {
    await other.stop();
  }
  // The watchdogs are told, and not waited for.
  await vi.waitFor(() => expect(processesOf(other.folder)).toEqual([]), { timeout: 20_000 });
  expect(existsSync(other.folder)).toBe(false);
  await other.stop();
  await expect(admin(['get', 'configmap', 'here', '-n', 'default'])).resolves.toContain('here');
});

it('says why a program does not start, in the words of its log', async () => {
  await expect(startControlPlane({ apiServerFlags: ['--no-such-flag'] })).rejects.toMatchObject({
    code: 'ControlPlaneStart',
    message: expect.stringContaining('unknown flag: --no-such-flag') as unknown,
  });
  await expect(startEtcd(['false'], controlPlane.folder)).rejects.toMatchObject({
    code: 'ControlPlaneStart',
  });
});
