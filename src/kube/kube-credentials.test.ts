import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCredentialsCache } from './kube-credentials.ts';
import { createManualClock } from './manual-clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-credentials-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

type User = Parameters<KubeConfig['loadFromClusterAndUser']>[1];

function kubeConfigOf(user: Partial<User>): KubeConfig {
  const kubeConfig = new KubeConfig();
  const cluster = { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false };
  kubeConfig.loadFromClusterAndUser(cluster, { name: 'u', ...user });
  return kubeConfig;
}

const inCluster = (tokenFile: string) =>
  kubeConfigOf({ authProvider: { name: 'tokenFile', config: { tokenFile } } });

describe('createCredentialsCache', () => {
  it('reads a token file again when its lifetime is over, and not before', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'first\n');
    const clock = createManualClock();
    const cache = createCredentialsCache(inCluster(file), clock, 10_000);
    expect(cache.fresh()).toBeUndefined();
    expect((await cache.refresh()).headers).toEqual({ Authorization: 'Bearer first' });
    writeFileSync(file, 'second');
    clock.advance(9_999);
    expect(cache.fresh()?.headers).toEqual({ Authorization: 'Bearer first' });
    clock.advance(1);
    expect(cache.fresh()).toBeUndefined();
    expect((await cache.refresh()).headers).toEqual({ Authorization: 'Bearer second' });
  });

  it('reads again at once after a refusal', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'first');
    const cache = createCredentialsCache(inCluster(file), createManualClock(), 10_000);
    const first = await cache.refresh();
    writeFileSync(file, 'second');
    cache.forget(first);
    expect(cache.fresh()).toBeUndefined();
    const second = await cache.refresh();
    expect(second.headers['Authorization']).toBe('Bearer second');
    // Answers to requests with the old token may come late.
    cache.forget(first);
    expect(cache.fresh()).toBe(second);
  });

  it('goes on with what it has while a token file is missing, unless that was refused', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'first');
    const clock = createManualClock();
    const cache = createCredentialsCache(inCluster(file), clock, 10_000);
    const first = await cache.refresh();
    rmSync(file);
    clock.advance(10_000);
    expect(await cache.refresh()).toBe(first);
    cache.forget(first);
    await expect(cache.refresh()).rejects.toMatchObject({ code: 'KubeConnection', reason: 'credentials' });
    writeFileSync(file, 'second');
    expect((await cache.refresh()).headers['Authorization']).toBe('Bearer second');
  });

  it('asks an exec plugin once, and again only after a refusal', async () => {
    const plugin = join(folder, 'plugin');
    const calls = join(folder, 'calls');
    writeFileSync(
      plugin,
      `#!/bin/sh\necho x >> ${calls}\necho '{"status":{"token":"token-'$(wc -l < ${calls})'"}}'\n`,
    );
    chmodSync(plugin, 0o755);
    const clock = createManualClock();
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin };
    const cache = createCredentialsCache(kubeConfigOf({ exec }), clock, 10_000);
    await cache.refresh();
    clock.advance(60_000);
    const [credentials, same] = await Promise.all([cache.refresh(), cache.refresh()]);
    expect(same).toBe(credentials);
    expect(credentials.headers['Authorization']).toBe('Bearer token-1');
    cache.forget(credentials);
    expect((await cache.refresh()).headers['Authorization']).toBe('Bearer token-2');
    expect(readFileSync(calls, 'utf8')).toBe('x\nx\n');
  });

  it('gives up a plugin that hangs, and asks it anew', async () => {
    const plugin = join(folder, 'plugin');
    const script = `#!/bin/sh\n[ -e ${folder}/asked ] || { echo $$ > ${folder}/asked; exec sleep 600; }\necho '{"status":{"token":"t"}}'\n`;
    writeFileSync(plugin, script);
    chmodSync(plugin, 0o755);
    const clock = createManualClock();
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin };
    const kubeConfig = kubeConfigOf({ exec });
    const cache = createCredentialsCache(kubeConfig, clock, 10_000);
    const first = cache.refresh();
    const asked = (): number => {
      const id = Number.parseInt(readFileSync(join(folder, 'asked'), 'utf8'), 10);
      expect(id).toBeGreaterThan(0);
      return id;
    };
    const process = await vi.waitFor(asked, { timeout: 20_000 });
    clock.advance(30_000);
    await expect(first).rejects.toMatchObject({ code: 'KubeConnection', reason: 'timeout' });
    expect((await cache.refresh()).headers['Authorization']).toBe('Bearer t');
    kill(process);
  });

  it('reads client certificates, passwords and impersonation', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const kubeConfig = kubeConfigOf({
      certData: base64('certificate'),
      keyData: base64('key'),
      username: 'me',
      password: 'secret',
      impersonateUser: 'you',
    });
    const { headers, tls } = await createCredentialsCache(kubeConfig, createManualClock(), 1).refresh();
    expect(headers).toEqual({ Authorization: `Basic ${base64('me:secret')}`, 'Impersonate-User': 'you' });
    expect(tls).toEqual({ cert: Buffer.from('certificate'), key: Buffer.from('key') });
  });
});
