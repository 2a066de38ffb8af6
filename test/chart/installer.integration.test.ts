import { request } from 'node:https';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { eventually } from '../cluster/eventually.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { openNamespace, type OpenNamespace } from '../integration/open-namespace.ts';
import { type Release, releaseOf } from './installed-release.ts';
import { podsOf, type ReleasePods } from './release-pods.ts';
import type { RenderedPod } from './rendered-pod.ts';
import { endpointFlags, serveFrom } from './service-endpoints.ts';

/** How the API server and the webhook come to know each other, from an install to a rotation, and whom else they believe. */
let controlPlane: ControlPlane;
let client: KubeClient;
let release: Release;
let pods: ReleasePods;
let replicas: RenderedPod[];
let shop: OpenNamespace;
const namespace = 'gates';
const webhook = 'stepgate-webhook';
const account = `system:serviceaccount:${namespace}:${webhook}`;
const values = { 'certManager.enabled': false, 'controller.enabled': false };

beforeAll(async () => {
  controlPlane = await startControlPlane({ apiServerFlags: endpointFlags });
  client = createKubeClient(controlPlane.kubeConfig());
  release = releaseOf(controlPlane, 'stepgate', namespace, { hooks: false });
  pods = podsOf(controlPlane, release);
});

afterAll(async () => {
  await pods?.kill();
  client?.close();
  await controlPlane?.stop();
});

async function kubectl(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await controlPlane.kubectl(args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** What the API server calls, and whom it trusts, of each webhook. */
async function called(): Promise<{ path?: string; caBundle?: string; name: string }[]> {
  const kinds = 'mutatingwebhookconfigurations,validatingwebhookconfigurations';
  const { items } = JSON.parse(await kubectl('get', kinds, '-o', 'json')) as {
    items: {
      webhooks: { name: string; clientConfig: { caBundle?: string; service: { path?: string } } }[];
    }[];
  };
  return items.flatMap(({ webhooks }) =>
    webhooks.map(({ name, clientConfig: { caBundle, service } }) => ({
      name,
      ...(caBundle !== undefined && { caBundle }),
      ...(service.path !== undefined && { path: service.path }),
    })),
  );
}

async function segments(): Promise<{ current: string; previous?: string }> {
  const data = JSON.parse(
    await kubectl('get', 'secret', 'stepgate-admission-path', '-n', namespace, '-o', 'jsonpath={.data}'),
  ) as Record<string, string>;
  const decoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]);
  return Object.fromEntries(decoded) as { current: string; previous?: string };
}

/** What a replica answers to somebody who reaches its admission port. */
async function answerOf(replica: RenderedPod, path: string): Promise<number> {
  const asked = request({
    host: '127.0.0.1',
    port: replica.port,
    path,
    rejectUnauthorized: false,
    agent: false,
  });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

let created = 0;

/** One create that the webhook has to admit, of a workflow of its own. */
async function create(): Promise<void> {
  created += 1;
  await shop.workflow(`workflow-${created}`);
  await shop.execute(`workflow-${created}`, `workflow-${created}-step-1`);
}

describe('an installation', { timeout: 180_000 }, () => {
  it('believes nobody until the installer was there: replicas are ready, and creates are refused', async () => {
    await release.install(values);
    await pods.runHook('prepare');
    replicas = await Promise.all(['a', 'b'].map((replica) => pods.start(webhook, replica)));
    await Promise.all(replicas.map((replica) => replica.ready()));
    await serveFrom(controlPlane, { name: webhook, namespace }, replicas);
    expect((await called()).every(({ path, caBundle }) => path === undefined && caBundle === undefined)).toBe(
      true,
    );
    await client.request({
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { metadata: { name: 'early' } },
    });
    await eventually('the API server asks, and is not answered', async () => {
      const metadata = { name: 'early', namespace: 'early' };
      const workflow = {
        apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
        kind: 'WorkflowExecution',
        metadata,
      };
      const { stderr } = await controlPlane.kubectl(
        ['create', '--dry-run=server', '--validate=false', '-f', '-'],
        {
          input: JSON.stringify({ ...workflow, spec: { steps: [{ stepNumber: 1, action: 'delete_pod' }] } }),
        },
      );
      return stderr.includes('failed calling webhook');
    });
  });

  it('takes reviews below its path alone once the installer has published it', async () => {
    await pods.runHook('publish');
    const { current } = await segments();
    expect(current).toMatch(/^[0-9a-f]{64}$/);
    for (const { path, caBundle } of await called()) {
      expect(path).toMatch(new RegExp(`^/${current}/(mutate|validate)/`));
      expect(caBundle?.length).toBeGreaterThan(100);
    }
    for (const replica of replicas) {
      expect(await answerOf(replica, `/${current}/accepted`)).toBe(204);
      expect(await answerOf(replica, '/accepted')).toBe(404);
      expect(await answerOf(replica, '/validate/kubernetesexecutions')).toBe(404);
      expect(await answerOf(replica, `/${'x'.repeat(43)}/validate/kubernetesexecutions`)).toBe(404);
    }
    shop = await openNamespace(client, 'shop');
    await eventually('creates are admitted', async () => (await outcome(create())) === 'created');
  });

  it('leaves the account of its jobs no right, and no account', async () => {
    const left = await kubectl('get', 'serviceaccounts,roles,rolebindings', '-n', namespace, '-o', 'name');
    expect(left).not.toContain('stepgate-installer');
    expect(await kubectl('get', 'clusterroles,clusterrolebindings', '-o', 'name')).not.toContain(
      'stepgate-installer',
    );
  });
});

async function outcome(creating: Promise<void>): Promise<string> {
  return creating.then(
    () => 'created',
    (error: unknown) => String(error),
  );
}

describe("the webhook's account", () => {
  it.each(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'])(
    'cannot change %s, though it is its own',
    async (plural) => {
      for (const verb of ['patch', 'update', 'delete', 'create', 'deletecollection']) {
        const { stdout } = await controlPlane.kubectl([
          'auth',
          'can-i',
          verb,
          `${plural}/stepgate`,
          `--as=${account}`,
        ]);
        expect([verb, stdout.trim()]).toEqual([verb, 'no']);
      }
      const patch = JSON.stringify([{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }]);
      const { exitCode, stderr } = await controlPlane.kubectl([
        'patch',
        plural,
        'stepgate',
        '--type=json',
        '-p',
        patch,
        `--as=${account}`,
      ]);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('is forbidden')]);
    },
  );

  it('reads no Secret and makes none, so that no token of another account is to be had through one', async () => {
    for (const [verb, what] of [
      ['get', 'secrets/stepgate-admission-path'],
      ['get', `secrets/${webhook}-certificates`],
      ['create', 'secrets'],
    ] as const) {
      const { stdout } = await controlPlane.kubectl([
        'auth',
        'can-i',
        verb,
        what,
        '-n',
        namespace,
        `--as=${account}`,
      ]);
      expect([what, stdout.trim()]).toEqual([what, 'no']);
    }
  });
});

describe('helm upgrade', { timeout: 300_000 }, () => {
  it('neither fights over what the installer wrote nor takes it back, once and again', async () => {
    const before = await called();
    await pods.runHook('prepare');
    await release.upgrade({ ...values, 'webhook.timeoutSeconds': 7 });
    await pods.runHook('publish');
    expect(await called()).toEqual(before);
    await release.upgrade({ ...values, 'webhook.timeoutSeconds': 8 });
    expect(await called()).toEqual(before);
    const timeouts = 'jsonpath={.webhooks[*].timeoutSeconds}';
    expect(await kubectl('get', 'validatingwebhookconfiguration', 'stepgate', '-o', timeouts)).toMatch(
      /^8( 8)*$/,
    );
    await create();
  });

  it('gives up the fields of a webhook that the version no longer has, so that helm can remove it', async () => {
    const item = JSON.stringify({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'stepgate' },
      webhooks: [
        {
          name: 'former.validate.stepgate.kubernaut.io',
          clientConfig: { service: { namespace, name: webhook, path: '/former' } },
          rules: [
            {
              apiGroups: ['former.kubernaut.io'],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: ['formers'],
            },
          ],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    });
    const apply = (manager: string, input: string) =>
      controlPlane.kubectl(
        ['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '-f', '-'],
        { input },
      );
    expect((await apply('former-chart', item)).exitCode).toBe(0);
    const own = (await called()).filter(({ name }) => name.includes('.validate.'));
    const owned = own.map(({ name, path, caBundle }) => ({
      name,
      clientConfig: { service: { path }, caBundle },
    }));
    const { webhooks: _, ...object } = JSON.parse(item) as { webhooks: unknown };
    expect((await apply('stepgate-installer', JSON.stringify({ ...object, webhooks: owned }))).stderr).toBe(
      '',
    );
    await pods.runHook('prepare');
    const nothing = await apply('former-chart', JSON.stringify({ ...object, webhooks: [] }));
    expect(nothing.stderr).toBe('');
    expect((await called()).map(({ name }) => name)).not.toContain('former.validate.stepgate.kubernaut.io');
  });
});

describe('a rotation', { timeout: 300_000 }, () => {
  it('is refused to its account until somebody binds it', async () => {
    await expect(pods.rotate('--timeout=1s')).rejects.toThrow('forbidden');
    const bound = [`--serviceaccount=${namespace}:stepgate-rotation`];
    await kubectl(
      'create',
      'clusterrolebinding',
      'stepgate-rotation',
      '--clusterrole=stepgate-rotation',
      ...bound,
    );
    await kubectl(
      'create',
      'rolebinding',
      'stepgate-rotation',
      '-n',
      namespace,
      '--role=stepgate-rotation',
      ...bound,
    );
  });

  it('changes path, certificate and authority without one dropped create, and ends what was before', async () => {
    const before = await segments();
    const trustedBefore = await called();
    const outcomes: string[] = [];
    let isOver = false;
    const creating = (async () => {
      while (!isOver) outcomes.push(await outcome(create()));
    })();
    const mounting = (async () => {
      while (!isOver) {
        // Each kubelet in its own time.
        await pods.mountSecrets();
        await new Promise((resolve) => void setTimeout(resolve, 1_000));
      }
    })();
    try {
      await pods.rotate('--previous-lifetime=3s');
      const after = await segments();
      expect(after.previous).toBeUndefined();
      expect(after.current).not.toBe(before.current);
      for (const [index, { path, caBundle }] of (await called()).entries()) {
        expect(path).toContain(after.current);
        expect(caBundle).not.toBe(trustedBefore[index]?.caBundle);
      }
      await eventually(
        'the former path is refused',
        async () => {
          const answers = await Promise.all(
            replicas.map((each) => answerOf(each, `/${before.current}/accepted`)),
          );
          return answers.every((code) => code === 404);
        },
        30_000,
      );
    } finally {
      isOver = true;
      await Promise.all([creating, mounting]);
    }
    expect(outcomes.length).toBeGreaterThan(20);
    expect(outcomes.filter((each) => each !== 'created')).toEqual([]);
  });

  it('waits for a replica that does not accept the new path, and changes nothing meanwhile', async () => {
    const before = await called();
    // Nothing is mounted anew.
    await expect(pods.rotate('--timeout=4s')).rejects.toThrow('do not accept the new admission path yet');
    expect((await called()).map(({ path }) => path)).toEqual(before.map(({ path }) => path));
    await create();
    await pods.mountSecrets();
    await pods.runHook('publish');
    expect((await called())[0]?.path).toContain((await segments()).current);
    await create();
  });
});

describe('Secrets that are gone', { timeout: 180_000 }, () => {
  it('are made again by the next upgrade, while what the API server calls stays accepted', async () => {
    const { current } = await segments();
    await kubectl('delete', 'secret', 'stepgate-admission-path', `${webhook}-certificates`, '-n', namespace);
    await pods.runHook('prepare');
    expect((await segments()).previous).toBe(current);
    await create();
    await pods.mountSecrets();
    await release.upgrade(values);
    await pods.runHook('publish');
    expect((await called())[0]?.path).toContain((await segments()).current);
    await create();
  });
});

describe('helm uninstall', { timeout: 180_000 }, () => {
  it('removes the webhook configurations, whoever has written into them', async () => {
    await release.uninstall();
    expect(await called()).toEqual([]);
    await eventually('nobody is asked any more', async () => (await outcome(create())) === 'created');
  });
});
