import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertManager, startCertManager } from '../cluster/cert-manager.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { eventually } from '../cluster/eventually.ts';
import { type MountedSecret, mountSecret, type SecretTexts } from '../cluster/mounted-secret.ts';
import { type Release, releaseOf } from './installed-release.ts';
import { podsOf, type ReleasePods } from './release-pods.ts';
import { endpointFlags, serveFrom } from './service-endpoints.ts';

/** The chart as it comes, beside cert-manager's own controllers. */
let controlPlane: ControlPlane;
let certManager: CertManager;
let release: Release;
let pods: ReleasePods;
let mounted: MountedSecret;
const namespace = 'kubernaut-system';
const webhook = 'stepgate-webhook';

beforeAll(async () => {
  controlPlane = await startControlPlane({ apiServerFlags: endpointFlags });
  certManager = await startCertManager(controlPlane);
  release = releaseOf(controlPlane, 'stepgate', namespace, { hooks: false });
  pods = podsOf(controlPlane, release);
});

afterAll(async () => {
  await pods?.kill();
  await certManager?.stop();
  await controlPlane?.stop();
});

/** The Secret that cert-manager has made; undefined while there is none. */
async function secret(): Promise<SecretTexts | undefined> {
  const args = ['get', 'secret', `${webhook}-tls`, '-n', namespace, '-o', 'json'];
  const { exitCode, stdout } = await controlPlane.kubectl(args);
  if (exitCode !== 0) return undefined;
  const { data } = JSON.parse(stdout) as { readonly data: SecretTexts };
  const decode = (text: string) => Buffer.from(text, 'base64').toString('utf8');
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, decode(text)]));
}

/** PEM of the authority that the API server trusts, of each webhook. */
async function caBundles(): Promise<string[]> {
  const kinds = 'mutatingwebhookconfigurations,validatingwebhookconfigurations';
  const { stdout } = await controlPlane.kubectl(['get', kinds, '-o', 'json']);
  const { items } = JSON.parse(stdout) as {
    readonly items: readonly { readonly webhooks: readonly { clientConfig: { caBundle?: string } }[] }[];
  };
  return items.flatMap(({ webhooks }) =>
    webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? '', 'base64').toString('utf8')),
  );
}

async function trusted(authority: string | undefined): Promise<boolean> {
  const bundles = await caBundles();
  return authority !== undefined && bundles.length > 0 && bundles.every((bundle) => bundle === authority);
}

describe('with cert-manager', { timeout: 180_000 }, () => {
  it('gets its certificate, is trusted for it, and keeps the limit', async () => {
    await release.install();
    await pods.runHook('prepare');
    await eventually('cert-manager has issued', async () => (await secret()) !== undefined, 60_000);
    const texts = (await secret()) ?? {};
    expect(Object.keys(texts).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    mounted = mountSecret(controlPlane.folder, texts);
    const replicas = await Promise.all(
      ['a', 'b'].map((replica) => pods.start(webhook, replica, { certificates: mounted.path })),
    );
    await Promise.all(replicas.map((replica) => replica.ready()));
    await serveFrom(controlPlane, { name: webhook, namespace }, replicas);
    await eventually('the API server trusts it', () => trusted(texts['ca.crt']), 60_000);
    await pods.runHook('publish');
    expect(await trusted(texts['ca.crt'])).toBe(true);
    const { said, passed } = await pods.test();
    expect(passed, said).toBe(true);
  });

  it('goes on with the next certificate, which has another key', async () => {
    const before = (await secret()) ?? {};
    await controlPlane.kubectl(['delete', 'secret', `${webhook}-tls`, '-n', namespace]);
    let next: SecretTexts | undefined;
    const isAnother = async (): Promise<boolean> => {
      next = await secret();
      return next !== undefined && next['tls.key'] !== before['tls.key'];
    };
    await eventually('another is issued', isAnother, 60_000);
    // Its authority is the same, so that nobody has to wait for the mount.
    expect(next?.['ca.crt']).toBe(before['ca.crt']);
    expect(await trusted(before['ca.crt'])).toBe(true);
    expect((await pods.test()).passed).toBe(true);
    mounted.replace(next ?? {});
    const { said, passed } = await pods.test();
    expect(passed, said).toBe(true);
  });

  it('keeps certificate and trust in an upgrade', async () => {
    const before = [await secret(), await caBundles()];
    await pods.runHook('prepare');
    await release.upgrade({ 'config.max-parallel-steps': 3 });
    await pods.runHook('publish');
    expect([await secret(), await caBundles()]).toEqual(before);
    await eventually('the new limit is in force', async () =>
      (await pods.test()).said.includes('may have 3 active executions'),
    );
  });

  it('leaves nothing of itself in the way of anything', async () => {
    await release.uninstall();
    expect(await caBundles()).toEqual([]);
    const left = await controlPlane.kubectl(['get', 'certificates,issuers', '-n', namespace, '-o', 'name']);
    expect(left.stdout).toBe('');
  });
});
