import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ExecutionControllerOptions } from '../../../sdk/execution/execution-controller.ts';
import type { ActionCode } from '../../../sdk/execution/action-code.ts';
import type { ConfigTexts } from '../../../src/config/config-schema.ts';
import { catchStrayErrors, type StrayErrors } from '../../../src/plugin/stray-errors.ts';
import { keepLogs } from '../../builders/logs.ts';
import { letRunExecutions } from '../../cluster/runner-account.ts';
import { allow, allowRules } from '../actions/action-ground.ts';
import {
  createServiceAccount,
  type ExecutionCluster,
  type ExecutionNamespace,
  type RunningController,
  startExecutionCluster,
} from './execution-cluster.ts';
import { type UnrulyPlugin, unrulyPlugin } from './unruly-plugin.ts';

let cluster: ExecutionCluster;
let namespace: ExecutionNamespace;
let unruly: UnrulyPlugin;
let running: RunningController[] = [];

beforeAll(async () => {
  cluster = await startExecutionCluster();
});
afterAll(async () => {
  await cluster.stop();
});
beforeEach(async () => {
  namespace = await cluster.namespace();
  unruly = unrulyPlugin();
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  running = [];
});

const quick = { initialMilliseconds: 10, maximumMilliseconds: 20, factor: 2 };

async function start(
  options: ExecutionControllerOptions = {},
  environment?: Partial<ConfigTexts>,
): Promise<RunningController> {
  const prompt = { plugins: [unruly.plugin], retryBackoff: quick, graceMilliseconds: 200 };
  const controller = await cluster.start({ ...prompt, ...options }, undefined, environment);
  running.push(controller);
  return controller;
}

async function createDeployment(replicas = 2): Promise<void> {
  await cluster.admin.request({
    method: 'POST',
    path: `/apis/apps/v1/namespaces/${namespace.name}/deployments`,
    body: {
      metadata: { name: 'web' },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'web:1' }] },
        },
      },
    },
  });
}

async function replicas(): Promise<number> {
  const { spec } = await cluster.admin.request<{ readonly spec: { readonly replicas: number } }>({
    method: 'GET',
    path: `/apis/apps/v1/namespaces/${namespace.name}/deployments/web`,
  });
  return spec.replicas;
}

const scale = { action: 'scale_deployment', parameters: { deployment: 'web', replicas: '5' } };

describe('an execution', () => {
  test('is done as the ServiceAccount of its namespace, and its rollback undoes it', async () => {
    await start();
    await createDeployment();
    await allow(cluster.admin, namespace.name, 'scale_deployment');
    await namespace.create('scale', scale);
    expect(await namespace.settled('scale')).toEqual({
      phase: 'completed',
      attempts: 1,
      executor: expect.stringMatching(/^controller-/),
      startTime: expect.stringMatching(/Z$/),
      completionTime: expect.stringMatching(/Z$/),
      message: 'Done.',
      result: { namespace: namespace.name, deployment: 'web', previousReplicas: 2, replicas: 5 },
    });
    expect(await replicas()).toBe(5);

    await namespace.create('scale-rollback', scale, { undoes: 'scale' });
    expect(await namespace.settled('scale-rollback')).toMatchObject({
      phase: 'completed',
      message: 'Rolled back scale.',
    });
    expect(await replicas()).toBe(2);
  });

  test('fails and says which right is missing, and names no right of the controller', async () => {
    await start();
    await createDeployment();
    await namespace.create('scale', scale);
    expect(await namespace.settled('scale')).toMatchObject({
      phase: 'failed',
      message: `ServiceAccount stepgate-runner of namespace ${namespace.name} may not get deployments/scale: a Role in namespace ${namespace.name} must allow it (apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["get"]).`,
    });
    expect(await replicas()).toBe(2);
  });

  test('acts as the ServiceAccount that it names, and fails where there is none', async () => {
    await start();
    await createServiceAccount(cluster.admin, namespace.name, 'other');
    await letRunExecutions(cluster.admin, namespace.name, 'other');
    await namespace.create('other', { ...scale, serviceAccountName: 'other' });
    expect((await namespace.settled('other')).message).toContain('ServiceAccount other of namespace');
    await namespace.create('none', { ...scale, serviceAccountName: 'no-such' });
    expect(await namespace.settled('none')).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining(`There is no ServiceAccount no-such in namespace ${namespace.name}`),
    });
  });

  test('is done with a new token where its ServiceAccount was made anew', async () => {
    await start();
    await createDeployment();
    await allow(cluster.admin, namespace.name, 'scale_deployment');
    await namespace.create('before', scale);
    expect(await namespace.settled('before')).toMatchObject({ phase: 'completed' });
    const path = `/api/v1/namespaces/${namespace.name}/serviceaccounts/stepgate-runner`;
    await cluster.admin.request({ method: 'DELETE', path });
    await createServiceAccount(cluster.admin, namespace.name, 'stepgate-runner');
    await namespace.create('after', { ...scale, parameters: { deployment: 'web', replicas: 7 } });
    expect(await namespace.settled('after')).toMatchObject({ phase: 'completed' });
    expect(await replicas()).toBe(7);
  });

  test('whose parameters do not fit fails with a line for each field, and never runs', async () => {
    await start();
    await namespace.create('misfit', {
      action: 'scale_deployment',
      parameters: { replicas: '', deploymnt: 'web' },
    });
    const { message, phase, attempts } = await namespace.settled('misfit');
    expect({ phase, attempts }).toEqual({ phase: 'failed', attempts: undefined });
    expect(message?.split('\n')).toEqual([
      'The parameters do not fit the action scale_deployment:',
      expect.stringContaining('parameters.deployment: '),
      expect.stringContaining('parameters.replicas: '),
      expect.stringContaining('deploymnt'),
    ]);
  });

  test('of an unknown action fails and is told the known ones, or is left to others', async () => {
    const left = await start({ unknownActions: 'ignore' });
    await namespace.create('typo', { action: 'scale_deploymnt' });
    await namespace.create('known', { action: 'behave' });
    await namespace.settled('known');
    expect((await namespace.get('typo')).status).toBeUndefined();
    await left.stop();
    await start();
    expect(await namespace.settled('typo')).toMatchObject({
      phase: 'failed',
      message: expect.stringMatching(
        /^There is no action "scale_deploymnt"\. Did you mean scale_deployment\? Known actions: apply_manifest, /,
      ),
    });
  });

  test('for another cluster is not done here', async () => {
    await start({ clusterNames: ['east'] });
    await namespace.create('west', { action: 'behave', targetCluster: 'west' });
    await namespace.create('east', { action: 'behave', targetCluster: 'east' });
    expect((await namespace.settled('west')).message).toContain('meant for the cluster "west"');
    expect(await namespace.settled('east')).toMatchObject({ phase: 'completed' });
  });

  test('with a megabyte of parameters is run', async () => {
    await start();
    await namespace.create('large', { action: 'behave', parameters: { text: 'x'.repeat(1_000_000) } });
    expect(await namespace.settled('large')).toMatchObject({ phase: 'completed', result: { fine: true } });
  });

  test('that others hold is left to them', async () => {
    for (const phase of ['waiting_approval', 'executing'] as const) {
      await namespace.create(`held-${phase.replace('_', '-')}`, { action: 'behave' });
      await namespace.writeStatus(`held-${phase.replace('_', '-')}`, { phase });
    }
    await start();
    await namespace.create('behave', { action: 'behave' });
    await namespace.settled('behave');
    expect(unruly.begun).toEqual(['behave#1']);
    await namespace.writeStatus('held-waiting-approval', { phase: 'validated' });
    expect(await namespace.settled('held-waiting-approval')).toMatchObject({ phase: 'completed' });
  });
});

describe('a plugin', () => {
  test.each([
    ['throw_undefined', 'The action threw undefined.'],
    ['throw_text', 'just text'],
    ['throw_getter', 'Something was thrown that cannot be described.'],
    ['return_function', 'this is a function'],
    ['return_circle', 'this is none: Converting circular structure'],
    ['return_bigint', 'this is none: Do not know how to serialize a BigInt'],
    ['return_much', 'at most 65536 bytes of JSON, and this has 70002'],
    ['throw_in_schema', 'schema says boo'],
  ])('with %s harms its own execution alone', async (action, message) => {
    await start();
    await namespace.create('bad', { action });
    expect(await namespace.settled('bad')).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining(message),
    });
    await namespace.create('good', { action: 'behave' });
    expect(await namespace.settled('good')).toMatchObject({ phase: 'completed' });
  });

  test('that leaves a rejection behind does not end the process', async () => {
    const { logger, lines } = keepLogs();
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    let strayErrors: StrayErrors<ActionCode> | undefined;
    try {
      strayErrors = catchStrayErrors({ process, logger });
      const { metricsUrl } = await start({ strayErrors });
      await namespace.create('left', { action: 'leave_rejection' });
      expect(await namespace.settled('left')).toMatchObject({ phase: 'completed', result: 'returned' });
      expect(lines).toMatchObject([
        { facts: { action: 'leave_rejection', execution: `${namespace.name}/left` } },
      ]);
      const text = await (await fetch(metricsUrl)).text();
      expect(text).toContain('stepgate_action_stray_errors_total{action="leave_rejection"} 1');
    } finally {
      strayErrors?.stop();
      for (const listener of others) process.on('unhandledRejection', listener);
    }
  });

  test('has what waits for a place begin in turn, or end without one', async () => {
    await start({ concurrency: 1 });
    await namespace.create('runs', { action: 'wait_for_me' });
    await unruly.hasBegun('runs');
    for (const name of ['gone', 'finalized', 'next']) await namespace.create(name, { action: 'wait_for_me' });
    await namespace.create('misfit', { action: 'throw_in_schema' });
    expect(await namespace.settled('misfit')).toMatchObject({ phase: 'failed' });
    await namespace.keep('finalized');
    await namespace.delete('finalized');
    expect(await namespace.settled('finalized')).toMatchObject({
      phase: 'failed',
      message: 'It was deleted before it was done.',
    });
    await namespace.delete('gone');
    unruly.letGo();
    expect(await namespace.settled('next')).toMatchObject({ phase: 'completed' });
    expect(unruly.begun).toEqual(['runs#1', 'next#1']);
  });

  test('whose actions hang takes no place from the actions of others', async () => {
    await start({ concurrency: 2 });
    for (const name of ['one', 'two', 'three']) await namespace.create(name, { action: 'hang' });
    await Promise.all([unruly.hasBegun('one'), unruly.hasBegun('two')]);
    await createDeployment();
    await allow(cluster.admin, namespace.name, 'scale_deployment');
    await namespace.create('scale', scale);
    expect(await namespace.settled('scale')).toMatchObject({ phase: 'completed' });
    expect(unruly.begun).toHaveLength(2);
  });

  test('gets an attempt again and again, and what it has remembered', async () => {
    await start();
    await namespace.create('lucky', { action: 'third_time_lucky', maxRetries: 2 });
    expect(await namespace.settled('lucky')).toMatchObject({
      phase: 'completed',
      attempts: 3,
      message: 'Done in attempt 3.',
      result: { seen: ['lucky#1', 'lucky#2'] },
    });
    await namespace.create('unlucky', { action: 'third_time_lucky', maxRetries: 1 });
    expect(await namespace.settled('unlucky')).toMatchObject({
      phase: 'failed',
      attempts: 2,
      message: 'not yet in attempt 2 (attempt 2)',
      result: ['unlucky#1', 'unlucky#2'],
    });
  });

  test.each([
    ['obey', 'It took longer than 300ms and was stopped.'],
    ['hang', 'It took longer than 300ms, and did not stop when it was told to'],
  ])('whose action does %s longer than its time has its attempt ended', async (action, message) => {
    await start();
    // The ServiceAccount's token is there then: an action that has not begun cannot be stopped.
    await namespace.create('before', { action: 'behave' });
    await namespace.settled('before');
    await namespace.create('long', { action, timeout: '300ms' });
    expect(await namespace.settled('long')).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining(message),
    });
    expect(unruly.aborted.filter((which) => which.startsWith('long'))).toEqual(['long#1']);
  });

  test.each([undefined, '168h'])(
    'with the timeout %s ends when the longest time is over that the configuration allows',
    async (timeout) => {
      await start({}, { maxStepTimeoutMilliseconds: '2s' });
      await namespace.create('long', { action: 'obey', ...(timeout === undefined ? {} : { timeout }) });
      expect(await namespace.settled('long')).toMatchObject({
        phase: 'failed',
        message: 'It took longer than 2s, the most that max-step-timeout allows, and was stopped.',
      });
    },
  );
});

describe('a controller', () => {
  test('stops the action of an execution that is deleted or settled by another', async () => {
    await start();
    await namespace.create('deleted', { action: 'obey' });
    await namespace.create('settled', { action: 'obey' });
    await Promise.all([unruly.hasBegun('deleted'), unruly.hasBegun('settled')]);
    await namespace.delete('deleted');
    await namespace.writeStatus('settled', { phase: 'failed', message: 'by another' });
    await namespace.create('next', { action: 'wait_for_me' });
    await unruly.hasBegun('next');
    await expect
      .poll(() => [...unruly.aborted].sort(), { timeout: 30_000 })
      .toEqual(['deleted#1', 'settled#1']);
    unruly.letGo();
    await namespace.settled('next');
    expect((await namespace.get('settled')).status).toMatchObject({ phase: 'failed', message: 'by another' });
  });

  test('takes up again what another has left, and counts it as no failure', async () => {
    const first = await start();
    await namespace.create('again', { action: 'wait_for_me' });
    await namespace.create('once', { action: 'wait_once' });
    await Promise.all([unruly.hasBegun('again'), unruly.hasBegun('once')]);
    await first.stop();
    expect((await namespace.get('again')).status).toMatchObject({ phase: 'executing', attempts: 1 });
    unruly.letGo();
    await start();
    expect(await namespace.settled('again')).toMatchObject({
      phase: 'completed',
      attempts: 2,
      interruptions: 1,
      message: 'Done in attempt 2; 1 before it interrupted.',
    });
    expect(await namespace.settled('once')).toMatchObject({
      phase: 'failed',
      attempts: 1,
      message: expect.stringContaining('It cannot be known whether the action was done'),
    });
    expect(unruly.begun.filter((each) => each.startsWith('once'))).toEqual(['once#1']);
  });

  test('leaves to another what that one has taken over', async () => {
    await start();
    await namespace.create('taken', { action: 'wait_for_me' });
    await unruly.hasBegun('taken');
    await namespace.writeStatus('taken', { attempts: 2, executor: 'another' });
    unruly.letGo();
    await namespace.create('next', { action: 'behave' });
    await namespace.settled('next');
    expect((await namespace.get('taken')).status).toMatchObject({
      phase: 'executing',
      attempts: 2,
      executor: 'another',
    });
  });

  test('settles what it has run once the API server is back', async () => {
    await start();
    await namespace.create('away', { action: 'wait_for_me' });
    await unruly.hasBegun('away');
    cluster.controlPlane.pauseApiServer();
    unruly.letGo();
    cluster.controlPlane.resumeApiServer();
    expect(await namespace.settled('away')).toMatchObject({ phase: 'completed', attempts: 1 });
  });

  test('says what its actions do in metrics, without a name of an execution', async () => {
    const { metricsUrl } = await start();
    await namespace.create('counted', { action: 'behave' });
    await namespace.settled('counted');
    const text = await (await fetch(metricsUrl)).text();
    expect(text).toContain('stepgate_action_duration_seconds_count{action="behave",result="completed"} 1');
    expect(text).not.toContain('counted');
  });
});

describe('a rollback', () => {
  test('of what is not there, of another workflow, of another action, or of what still runs is refused', async () => {
    await start();
    await createDeployment();
    await allow(cluster.admin, namespace.name, 'scale_deployment');
    await namespace.create('foreign', scale, { workflow: 'other' });
    await namespace.create('waits', { action: 'wait_for_me' });
    await namespace.create('behaves', { action: 'behave' });
    await namespace.settled('foreign');
    await namespace.settled('behaves');
    const cases = [
      ['undo-none', scale, 'no-such', 'There is no execution "no-such"'],
      ['undo-foreign', scale, 'foreign', 'it belongs to the workflow other, not to heal'],
      ['undo-action', scale, 'behaves', 'its action is behave, not scale_deployment'],
      ['undo-unable', { action: 'behave' }, 'behaves', 'The action behave has no rollback'],
    ] as const;
    for (const [name, spec, undone, message] of cases) {
      await namespace.create(name, spec, { undoes: undone });
      expect(await namespace.settled(name)).toMatchObject({
        phase: 'failed',
        message: expect.stringContaining(message),
      });
    }
    expect(await replicas()).toBe(5);
  });

  test('of an execution that changed nothing says so', async () => {
    await start();
    await namespace.create('scale', scale);
    await namespace.settled('scale');
    await namespace.create('undo', scale, { undoes: 'scale' });
    expect(await namespace.settled('undo')).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('it ended before it changed anything'),
    });
  });
});

test('an account whose name is a path is none: the execution fails, and waits for nothing', async () => {
  await start();
  await namespace.create('path', { ...scale, serviceAccountName: 'stepgate-runner/token' });
  expect(await namespace.settled('path')).toMatchObject({
    phase: 'failed',
    message: expect.stringContaining('There is no ServiceAccount stepgate-runner/token'),
  });
});

test('a manifest in which a second kind hides behind an escaped key is not applied, whoever has let it pass', async () => {
  await start();
  const rules = [
    { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'patch', 'create'] },
  ];
  await allowRules(cluster.admin, namespace.name, rules);
  const manifest =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"hidden"},"\\u006bind":"Secret","data":{"a":"YQ=="}}';
  await namespace.create('twice', { action: 'apply_manifest', parameters: { manifest } });
  expect(await namespace.settled('twice')).toMatchObject({
    phase: 'failed',
    message: expect.stringContaining('the text has the key "kind" twice in one object'),
  });
  for (const plural of ['configmaps', 'secrets']) {
    const path = `/api/v1/namespaces/${namespace.name}/${plural}/hidden`;
    await expect(cluster.admin.request({ method: 'GET', path })).rejects.toMatchObject({
      status: { code: 404 },
    });
  }
});

test('no value of a Secret reaches a status, a message, an Event or the log', async () => {
  const { log } = await start();
  const [value, old, referred] = ['hunter2-new-value', 'hunter1-old-value', 'hunter3-referred'];
  const path = `/api/v1/namespaces/${namespace.name}/secrets`;
  for (const body of [
    { metadata: { name: 'keys' }, stringData: { password: old } },
    { metadata: { name: 'fixed' }, stringData: { password: old }, immutable: true },
    { metadata: { name: 'new-values' }, stringData: { password: referred } },
  ])
    await cluster.admin.request({ method: 'POST', path, body });
  const spec = { action: 'update_secret', parameters: { secret: 'keys', data: { password: value } } };
  await namespace.create('without-right', spec);
  await namespace.settled('without-right');
  await allow(cluster.admin, namespace.name, 'update_secret');
  await namespace.create('update', spec);
  expect(await namespace.settled('update')).toMatchObject({
    phase: 'completed',
    result: { secret: 'keys', keys: ['password'] },
  });
  const dataFrom = (key: string) => ({ password: { secretKeyRef: { name: 'new-values', key } } });
  const refer = (secret: string, key = 'password') => ({
    action: 'update_secret',
    parameters: { secret, dataFrom: dataFrom(key) },
  });
  await namespace.create('refer', refer('keys'));
  expect(await namespace.settled('refer')).toMatchObject({ phase: 'completed' });
  const stored = await cluster.admin.request<{ readonly data: Readonly<Record<string, string>> }>({
    method: 'GET',
    path: `${path}/keys`,
  });
  expect(stored.data['password']).toBe(Buffer.from(referred).toString('base64'));
  await namespace.create('refused', refer('fixed'));
  await namespace.create('missing', refer('keys', 'no-such-key'));
  for (const name of ['refused', 'missing'])
    expect(await namespace.settled(name)).toMatchObject({ phase: 'failed' });
  const statuses = await Promise.all(
    ['update', 'without-right', 'refer', 'refused', 'missing'].map(
      async (name) => (await namespace.get(name)).status,
    ),
  );
  expect(JSON.stringify(await namespace.get('refer'))).not.toContain(referred);
  const events = await cluster.admin.request({
    method: 'GET',
    path: `/apis/events.k8s.io/v1/namespaces/${namespace.name}/events`,
  });
  const said = JSON.stringify([statuses, events]) + log();
  for (const each of [value, old, referred].flatMap((text) => [text, Buffer.from(text).toString('base64')]))
    expect(said).not.toContain(each);
});
