import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { configMapName } from '../../src/config/config-watch.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { eventually } from '../cluster/eventually.ts';
import { openNamespace, type OpenNamespace } from '../integration/open-namespace.ts';
import { outcomesOf, refusalOf } from '../integration/refusal.ts';
import { type AuditLog, auditLogIn } from './audit-log.ts';
import { objectsIn, type RenderedObject } from './helm.ts';
import { type Release, releaseOf } from './installed-release.ts';
import type { RenderedPod } from './rendered-pod.ts';
import { podsOf, type ReleasePods, testHooksIn } from './release-pods.ts';
import { createRunnerAccount } from '../cluster/runner-account.ts';
import { serveMonitoring } from './served-monitoring.ts';
import { endpointFlags, serveFrom } from './service-endpoints.ts';
import { forbiddenRequests, grantedRights, unusedRights, usedRights } from './used-rights.ts';

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
let pods: ReleasePods;
let replicas: RenderedPod[];
const namespace = 'workflows-of-ops';
const name = 'ops';
const webhook = 'ops-stepgate-webhook';
const controller = 'ops-stepgate-controller';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-chart-'));
  audit = auditLogIn(folder);
  controlPlane = await startControlPlane({ apiServerFlags: [...audit.flags, ...endpointFlags] });
  client = createKubeClient(controlPlane.kubeConfig());
  release = releaseOf(controlPlane, name, namespace, { hooks: false });
  pods = podsOf(controlPlane, release);
});

afterAll(async () => {
  await pods?.kill();
  client?.close();
  await controlPlane?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function kubectl(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await controlPlane.kubectl(args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** Every replica of the webhook has said that the configuration changed, to this limit. */
async function limitInForce(limit: number): Promise<void> {
  const said = new RegExp(`The configuration changed: max-parallel-steps from \\d+ to ${limit}\\.`);
  await eventually(`the limit is ${limit} in every replica`, async () =>
    replicas.every(({ child }) => said.test(readFileSync(child.logFile, 'utf8'))),
  );
}

describe('helm install', { timeout: 180_000 }, () => {
  it('refuses a cluster without cert-manager, unless told to do without', async () => {
    const { exitCode, stderr } = await release.tryInstall();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'certManager.enabled is true, and this cluster has no cert-manager (no kind Certificate of cert-manager.io/v1). ' +
        'Install cert-manager first, or let the installer make the certificate: --set certManager.enabled=false',
    );
  });

  it('is accepted by the API server in all its parts, and says what to do next', async () => {
    const notes = await release.install({ 'certManager.enabled': false });
    expect(notes).toContain(`kubectl rollout status deployment/${webhook} --namespace ${namespace}`);
    expect(notes).toContain(`helm test ${name} --namespace ${namespace} --logs`);
    objects = await release.objects();
    const tests = testHooksIn(objects);
    expect(tests.map(({ kind }) => kind).sort()).toEqual(['Pod', 'Role', 'RoleBinding', 'ServiceAccount']);
    const present = await kubectl('get', 'deployments', '-n', namespace, '-o', 'name');
    expect(present.trim().split('\n')).toEqual([
      `deployment.apps/${controller}`,
      `deployment.apps/${webhook}`,
    ]);
  });

  it('refuses a second installation, which would count by itself', async () => {
    const second = releaseOf(controlPlane, 'second', 'elsewhere', { hooks: false });
    const { exitCode, stderr } = await second.tryInstall({
      'certManager.enabled': false,
      'crds.install': false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      '"stepgate" in namespace "" exists and cannot be imported into the current release',
    );
  });

  it('admits its pods where only the restricted ones may be', async () => {
    const label = 'pod-security.kubernetes.io/enforce=restricted';
    await kubectl('label', 'namespace', namespace, label);
    for (const [kind, object] of [
      ['Job', `${name}-stepgate-publish`],
      ['Deployment', webhook],
      ['Deployment', controller],
      ['Pod', `${name}-stepgate-test`],
    ] as const) {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `restricted-${object}`, namespace },
        spec: {
          ...(await pods.specOf(kind, object)),
          serviceAccountName: undefined,
          automountServiceAccountToken: false,
        },
      };
      const { stderr, exitCode } = await controlPlane.kubectl(['create', '--dry-run=server', '-f', '-'], {
        input: JSON.stringify(pod),
      });
      expect([exitCode, stderr]).toEqual([0, '']);
    }
  });
});

describe('roles for people', { timeout: 180_000 }, () => {
  const rulesOf = async (role: string) => kubectl('get', 'clusterrole', role, '-o', 'jsonpath={.rules}');

  it('join those of Kubernetes: who edits a namespace edits its workflows, and approves none', async () => {
    for (const role of ['edit', 'admin']) {
      await eventually(`${role} may write workflows`, async () =>
        /"resources":\["workflowexecutions"\],"verbs":\["create"/.test(await rulesOf(role)),
      );
      expect(await rulesOf(role)).not.toContain('"approve"');
    }
    const view = await rulesOf('view');
    expect(view).toMatch(/"resources":\["kubernetesexecutions"\],"verbs":\["get","list","watch"\]/);
    expect(view).not.toMatch(/"resources":\["kubernetesexecutions"\],"verbs":\["create"/);
    expect(await rulesOf(`${name}-stepgate-approver`)).toContain('"approve"');
  });
});

describe('what the chart renders', { timeout: 180_000 }, () => {
  let shop: OpenNamespace;

  it('runs: two replicas behind the Service get ready, and the API server is told of them', async () => {
    await pods.runHook('prepare');
    replicas = [await pods.start(webhook, 'a'), await pods.start(webhook, 'b')];
    await Promise.all(replicas.map((replica) => replica.ready()));
    await serveFrom(controlPlane, { name: webhook, namespace }, replicas);
    await (await pods.start(controller, 'a')).ready();
    await pods.runHook('publish');
    const caBundles = 'jsonpath={.webhooks[*].clientConfig.caBundle}';
    expect(await kubectl('get', 'mutatingwebhookconfiguration', 'stepgate', '-o', caBundles)).not.toBe('');
  });

  it('proves the limit from inside, while a controller runs what it can', async () => {
    const { said, passed } = await pods.test();
    expect(said).toContain('may have 5 active executions and all of its slots are taken');
    expect(passed, said).toBe(true);
  });

  it('keeps the limit for every client, and runs nothing of a large workflow before it is approved', async () => {
    shop = await openNamespace(client, 'shop');
    // It may not do what the steps ask for: they are tried again and again, and stay active.
    await createRunnerAccount(client, 'shop');
    const step = { parameters: { deployment: 'cart', replicas: 1 }, maxRetries: 100 };
    await shop.workflows.create(makeWorkflow('restart').step(step).build());
    const execution = (workflow: string, each: string) =>
      shop.executions.create(makeExecution(each).of(workflow).withSpec(step).build());
    const created = Array.from({ length: 20 }, (_, index) => execution('restart', `extra-${index}`));
    const { granted, refused } = await outcomesOf(created);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([429]));
    expect(await shop.active('restart')).toHaveLength(5);
    const { metadata } = granted[0] as KubernetesExecution;
    expect(await refusalOf(execution('restart', metadata.name ?? ''))).toMatchObject({ code: 409 });
    await shop.workflows.create(makeWorkflow('large').steps(11, step).build());
    expect(await refusalOf(execution('large', 'large-step-1'))).toMatchObject({ code: 403 });
    const unfit = makeExecution('unfit')
      .of('restart')
      .withSpec({ parameters: { replicas: 1 } })
      .build();
    expect(await refusalOf(shop.executions.create(unfit))).toMatchObject({ code: 422 });
  });

  it('asks a person about a large analysis, and runs what was approved', async () => {
    const file = join(import.meta.dirname, '../../examples/analysis/slow-shop.yaml');
    await kubectl('create', '-n', 'shop', '-f', file);
    const { status } = objectsIn(readFileSync(file, 'utf8'))[0] as unknown as { readonly status: object };
    const patching = ['--subresource=status', '--type=merge', '-n', 'shop', '-p'];
    await kubectl('patch', 'aianalysis', 'slow-shop', ...patching, JSON.stringify({ status }));
    const requests = () => kubectl('get', 'aiapprovalrequests', '-n', 'shop', '-o', 'name');
    await eventually('a person is asked', async () => (await requests()) !== '');
    const decision = JSON.stringify({ status: { decision: 'Approved' } });
    await kubectl('patch', (await requests()).trim(), ...patching, decision);
    const reference = 'jsonpath={.status.workflowExecutionRef.name}';
    const analysis = ['get', 'aianalysis', 'slow-shop', '-n', 'shop', '-o', reference];
    await eventually('its workflow is made', async () => (await kubectl(...analysis)) !== '');
    const approver = String.raw`jsonpath={.metadata.annotations.kubernaut\.io/approved-by}`;
    const workflow = ['get', 'workflowexecution', await kubectl(...analysis), '-n', 'shop', '-o', approver];
    expect(await kubectl(...workflow)).toBe('admin');
  });

  it('keeps what was in force when the ConfigMap is edited wrongly, says so, and takes the next edit', async () => {
    const patching = ['patch', 'configmap', configMapName, '-n', namespace, '--type=merge', '-p'];
    const edit = (limit: string) =>
      kubectl(...patching, JSON.stringify({ data: { 'max-parallel-steps': limit } }));
    await edit('many');
    await eventually('an Event says so', async () => {
      const events = await kubectl(
        'get',
        'events.events.k8s.io',
        '-n',
        namespace,
        '-o',
        'jsonpath={.items[*].note}',
      );
      return events.includes('The value "many" of the key max-parallel-steps cannot be used.');
    });
    await edit('3');
    await limitInForce(3);
    const { said } = await pods.test();
    expect(said).toContain('may have 3 active executions');
  });
});

describe('helm upgrade', { timeout: 180_000 }, () => {
  it('keeps the certificate and the caBundle, and brings new values', async () => {
    const secret = [
      'get',
      'secret',
      `${webhook}-certificates`,
      '-n',
      namespace,
      '-o',
      'jsonpath={.data.tls\\.crt}',
    ];
    const caBundles = 'jsonpath={.webhooks[*].clientConfig.caBundle}';
    const bundles = ['get', 'validatingwebhookconfiguration', 'stepgate', '-o', caBundles];
    const before = [await kubectl(...secret), await kubectl(...bundles)];
    expect(before.every((text) => text.length > 100)).toBe(true);
    const values = {
      'certManager.enabled': false,
      'config.max-parallel-steps': 4,
      'webhook.timeoutSeconds': 7,
    };
    // Somebody has set the limit by hand: helm does not take it back unless it is told to.
    await expect(release.upgrade(values)).rejects.toThrow('.data.max-parallel-steps');
    await pods.runHook('prepare');
    await release.upgrade(values, '--force-conflicts');
    await pods.runHook('publish');
    expect([await kubectl(...secret), await kubectl(...bundles)]).toEqual(before);
    const timeouts = 'jsonpath={.webhooks[*].timeoutSeconds}';
    expect(await kubectl('get', 'validatingwebhookconfiguration', 'stepgate', '-o', timeouts)).toMatch(
      /^7( 7)*$/,
    );
    await limitInForce(4);
    const { said } = await pods.test();
    expect(said).toContain('may have 4 active executions');
  });

  it('has asked for nothing so far that RBAC forbids', () => {
    for (const part of [webhook, controller]) {
      const refused = forbiddenRequests(audit.requests(), `system:serviceaccount:${namespace}:${part}`);
      expect(refused).toEqual([]);
    }
  });
});

describe('helm uninstall', { timeout: 180_000 }, () => {
  let left: OpenNamespace;

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
    await pods.kill();
    left = await openNamespace(client, 'left');
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
  });

  it('can be installed again over what was created meanwhile', async () => {
    const unmarked = makeExecution('unmarked').referringTo('restart').build();
    await left.executions.create(unmarked);
    await serveMonitoring(controlPlane);
    await release.install({ 'certManager.enabled': false, 'crds.keep': false });
    objects = await release.objects();
    expect(objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['ServiceMonitor', 'PrometheusRule']),
    );
    // Its Secret is still there, and damaged.
    const secret = `${webhook}-certificates`;
    const damage = ['patch', 'secret', secret, '-n', namespace, '--type=merge', '-p'];
    await kubectl(...damage, '{"data":{"tls.crt":""}}');
    await pods.runHook('prepare');
    const again = await pods.start(webhook, 'again');
    await again.ready();
    const { metadata } = await left.executions.get<KubernetesExecution>('unmarked');
    expect(metadata.labels).toEqual({ workflow: 'restart' });
  });
});

describe("RBAC, by the API server's own record", { timeout: 180_000 }, () => {
  const account = (part: string) => `system:serviceaccount:${namespace}:${part}`;
  const roles = (part: string) =>
    objects.filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name.startsWith(part));

  /** What an account may do and did not, besides what could not be seen here. */
  function unused(part: string, unseen: Readonly<Record<string, string>>): string[] {
    const granted = grantedRights(roles(part));
    const used = new Set(usedRights(audit.requests(), account(part)));
    expect([...used].filter((right) => !granted.includes(right))).toEqual([]);
    expect(Object.keys(unseen).filter((right) => !granted.includes(right))).toEqual([]);
    return unusedRights(granted, used).filter((right) => !(right in unseen));
  }

  it('allows the webhook what it uses, and no more', () => {
    const unseen = { 'patch events.events.k8s.io': 'an Event that is repeated is counted, after a while' };
    expect(unused(webhook, unseen)).toEqual([]);
  });

  it('allows the installer what it uses, and no more', () => {
    expect(unused(`${name}-stepgate-installer`, {})).toEqual([]);
  });

  it('allows the controller what it uses, and no more', () => {
    const unseen = {
      'patch events.events.k8s.io': 'as above',
      'get kubernetesexecutions.kubernetesexecution.kubernaut.io': 'after a conflict',
      'get workflowexecutions.workflowexecution.kubernaut.io':
        'after a refusal that its cache does not explain',
      'update workflowexecutions.workflowexecution.kubernaut.io/finalizers':
        'the API server asks for it itself',
      'patch aiapprovalrequests.aianalysis.kubernaut.io/status': 'where nobody decides in time',
      'use serviceaccounts': 'the webhook asks for it',
    };
    expect(unused(controller, unseen)).toEqual([]);
  });
});

describe('helm uninstall with crds.keep=false', { timeout: 180_000 }, () => {
  it('removes the kinds as well, with all their objects', async () => {
    await release.uninstall();
    const kinds = () => kubectl('get', 'customresourcedefinitions', '-o', 'name');
    await eventually('the kinds are gone', async () => !(await kinds()).includes('kubernaut.io'));
    expect(await kinds()).toContain('monitoring.coreos.com');
  });
});
