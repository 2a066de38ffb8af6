import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMapName } from '../../src/config/config-watch.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { eventually } from '../cluster/eventually.ts';
import { openNamespace, type OpenNamespace } from '../integration/open-namespace.ts';
import { refusalOf } from '../integration/refusal.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { type AuditLog, auditLogIn } from './audit-log.ts';
import { objectOf, type RenderedObject } from './helm.ts';
import { type Release, releaseOf } from './installed-release.ts';
import { type PodSpec, type RenderedPod, startRenderedPod } from './rendered-pod.ts';
import { endpointFlags, serveFrom } from './service-endpoints.ts';
import { forbiddenRequests, grantedRights, usedRights } from './used-rights.ts';

/**
 * A release without cert-manager, from its installation to its end. Its pods are processes of this machine, with the
 * arguments, the environment, the account and the Service that the chart renders; everything else is as in any cluster.
 */
let folder: string;
let audit: AuditLog;
let controlPlane: ControlPlane;
let client: KubeClient;
let release: Release;
let objects: RenderedObject[];
const pods: RenderedPod[] = [];
const namespace = 'workflows-of-ops';
const name = 'ops';
const webhook = 'ops-stepgate-webhook';
const controller = 'ops-stepgate-controller';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-chart-'));
  audit = auditLogIn(folder);
  controlPlane = await startControlPlane({ apiServerFlags: [...audit.flags, ...endpointFlags] });
  client = createKubeClient(controlPlane.kubeConfig());
  release = releaseOf(controlPlane, name, namespace);
});

afterAll(async () => {
  await Promise.all(pods.map(({ child }) => child.kill()));
  client?.close();
  await controlPlane?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function kubectl(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await controlPlane.kubectl(args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

function specOf(kind: string, object: string): PodSpec {
  const { spec } = objectOf(objects, kind, object) as unknown as {
    spec: PodSpec & { template?: { spec: PodSpec } };
  };
  return spec.template?.spec ?? spec;
}

async function start(deployment: string, replica: string): Promise<RenderedPod> {
  const place = { name: `${deployment}-${replica}`, namespace };
  const pod = await startRenderedPod(controlPlane, specOf('Deployment', deployment), place);
  pods.push(pod);
  return pod;
}

/** Runs the pod of `helm test`; answers what it says. */
async function test(): Promise<{ said: string; exitedWell: boolean }> {
  const testName = `${name}-stepgate-test`;
  const tests = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
  const others = tests.filter(({ kind }) => kind !== 'Pod');
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: others });
  await controlPlane.kubectl(['apply', '-f', '-'], { input });
  const pod = await startRenderedPod(controlPlane, specOf('Pod', testName), { name: testName, namespace });
  await pod.child.exited;
  const said = pod.child.lastLogLines(50);
  return { said, exitedWell: said.endsWith('The limit holds.') };
}

describe('helm install', () => {
  it('refuses a cluster without cert-manager, unless told to do without', async () => {
    const { exitCode, stderr } = await release.tryInstall();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'certManager.enabled is true, and this cluster has no cert-manager (no kind Certificate of cert-manager.io/v1). ' +
        'Install cert-manager first, or let the webhook make its certificates: --set certManager.enabled=false',
    );
  });

  it('is accepted by the API server in all its parts, and says what to do next', async () => {
    const notes = await release.install({ 'certManager.enabled': false });
    expect(notes).toContain(`kubectl rollout status deployment/${webhook} --namespace ${namespace}`);
    expect(notes).toContain(`helm test ${name} --namespace ${namespace} --logs`);
    objects = await release.objects();
    // What tests make comes when they run; the API server judges it all the same.
    const tests = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
    expect(tests.map(({ kind }) => kind).sort()).toEqual(['Pod', 'Role', 'RoleBinding', 'ServiceAccount']);
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: tests });
    expect(await controlPlane.kubectl(['apply', '--dry-run=server', '-f', '-'], { input })).toMatchObject({
      exitCode: 0,
    });
    const present = await kubectl('get', 'deployments', '-n', namespace, '-o', 'name');
    expect(present.trim().split('\n')).toEqual([`deployment.apps/${controller}`, `deployment.apps/${webhook}`]);
  });

  it('admits its pods where only the restricted ones may be', async () => {
    const label = 'pod-security.kubernetes.io/enforce=restricted';
    await kubectl('label', 'namespace', namespace, label);
    for (const [kind, object] of [
      ['Deployment', webhook],
      ['Deployment', controller],
      ['Pod', `${name}-stepgate-test`],
    ] as const) {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `restricted-${object}`, namespace },
        spec: { ...specOf(kind, object), serviceAccountName: undefined, automountServiceAccountToken: false },
      };
      const { stderr, exitCode } = await controlPlane.kubectl(['create', '--dry-run=server', '-f', '-'], {
        input: JSON.stringify(pod),
      });
      expect([exitCode, stderr]).toEqual([0, '']);
    }
  });
});

describe('what the chart renders', () => {
  let shop: OpenNamespace;

  it('runs: two replicas behind the Service get ready, and the caBundle is written', async () => {
    const replicas = [await start(webhook, 'a'), await start(webhook, 'b')];
    await Promise.all(replicas.map((replica) => replica.ready()));
    await serveFrom(controlPlane, { name: webhook, namespace }, replicas);
    await (await start(controller, 'a')).ready();
  });

  it('proves the limit from inside, while a controller runs what it can', { timeout: 120_000 }, async () => {
    const { said, exitedWell } = await test();
    expect(said).toContain('may have 5 active executions and all of its slots are taken');
    expect(exitedWell, said).toBe(true);
  });

  it('keeps the limit for every client, under a workflow that needs approval only once it has it', async () => {
    shop = await openNamespace(client, 'shop');
    await shop.workflow('restart');
    // The controller starts its steps; five are active at most, whoever creates.
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => shop.execute('restart', `extra-${index}`)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(5);
    await shop.workflows.create(makeWorkflow('large').steps(11).build());
    expect(await refusalOf(shop.execute('large', 'large-step-1'))).toMatchObject({ code: 403 });
  });

  it('keeps what was in force when the ConfigMap is edited wrongly, says so, and takes the next edit', async () => {
    const edit = (limit: string) =>
      kubectl(
        ...['patch', 'configmap', configMapName, '-n', namespace, '--type=merge', '-p'],
        JSON.stringify({ data: { 'max-parallel-steps': limit } }),
      );
    await edit('many');
    await eventually('an Event says so', async () => {
      const events = await kubectl('get', 'events.events.k8s.io', '-n', namespace, '-o', 'jsonpath={.items[*].note}');
      return events.includes('The value "many" of the key max-parallel-steps cannot be used.');
    });
    expect((await test()).said).toContain('may have 5 active executions');
    await edit('3');
    await eventually('the new limit is in force', async () => (await test()).said.includes('may have 3'), 60_000);
  });
});

describe('helm upgrade', () => {
  it('keeps the certificate and the caBundle, and brings new values', async () => {
    const secret = ['get', 'secret', `${webhook}-certificates`, '-n', namespace, '-o', 'jsonpath={.data.tls\\.crt}'];
    const bundles = [
      ...['get', 'validatingwebhookconfiguration', 'stepgate', '-o'],
      'jsonpath={.webhooks[*].clientConfig.caBundle}',
    ];
    const before = [await kubectl(...secret), await kubectl(...bundles)];
    expect(before.every((text) => text.length > 100)).toBe(true);
    await release.upgrade({
      'certManager.enabled': false,
      'config.max-parallel-steps': 4,
      'webhook.timeoutSeconds': 7,
    });
    expect([await kubectl(...secret), await kubectl(...bundles)]).toEqual(before);
    const timeouts = 'jsonpath={.webhooks[*].timeoutSeconds}';
    expect(await kubectl('get', 'validatingwebhookconfiguration', 'stepgate', '-o', timeouts)).toMatch(/^7( 7)*$/);
    await eventually('the new limit is in force', async () => (await test()).said.includes('may have 4'), 60_000);
  });
});

describe('RBAC', () => {
  const account = (part: string) => `system:serviceaccount:${namespace}:${part}`;
  const roles = (part: string) =>
    objects.filter(
      ({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name.startsWith(part),
    );

  it('forbids nothing that the processes have asked for', () => {
    const requests = audit.requests();
    for (const part of [webhook, controller]) expect(forbiddenRequests(requests, account(part))).toEqual([]);
  });

  it('allows the webhook what it uses, and no more', () => {
    const granted = grantedRights(roles(webhook));
    const used = usedRights(audit.requests(), account(webhook));
    expect(used.filter((right) => !granted.includes(right))).toEqual([]);
    expect(granted.filter((right) => !used.includes(right))).toEqual([]);
  });

  it('allows the controller what it uses, and no more', () => {
    const granted = grantedRights(roles(controller));
    const used = usedRights(audit.requests(), account(controller));
    expect(used.filter((right) => !granted.includes(right))).toEqual([]);
    expect(granted.filter((right) => !used.includes(right))).toEqual([]);
  });
});

describe('helm uninstall', () => {
  it('removes the webhook configurations before anything else, by the order that helm has', async () => {
    const before = audit.requests().length;
    await release.uninstall();
    const deleted = audit
      .requests()
      .slice(before)
      .filter(({ verb, objectRef, user }) => verb === 'delete' && user.username === 'admin' && objectRef)
      .map(({ objectRef }) => objectRef?.resource);
    expect(deleted.slice(0, 2)).toEqual(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']);
    expect(deleted).toContain('deployments');
    expect(deleted).toContain('validatingadmissionpolicies');
  });

  it('leaves a cluster in which everything can be created again, and the kinds with their objects', async () => {
    await Promise.all(pods.map(({ child }) => child.kill()));
    const left = await openNamespace(client, 'left');
    await left.workflow('restart');
    await eventually('nobody is asked any more', async () =>
      left.execute('restart', 'first').then(
        () => true,
        () => false,
      ),
    );
    await left.fill('restart', 8);
    expect(await left.active('restart')).toHaveLength(9);
    const kept = await kubectl('get', 'customresourcedefinitions', '-o', 'name');
    expect(kept.match(/kubernaut\.io/g)?.length).toBeGreaterThanOrEqual(3);
    await kubectl('delete', 'namespace', 'left', '--wait=false');
  });

  it('can be installed again, and removed with all that it had', async () => {
    await release.install({ 'certManager.enabled': false, 'crds.keep': false });
    objects = await release.objects();
    await (await start(webhook, 'again')).ready();
    await release.uninstall();
    await eventually('the kinds are gone', async () => {
      const left = await kubectl('get', 'customresourcedefinitions', '-o', 'name');
      return !left.includes('kubernaut.io');
    });
  });
});
