import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { metricOf } from '../metric-of.ts';
import { type OpenNamespace, openNamespace } from '../open-namespace.ts';
import { causesOf, refusalOf } from '../refusal.ts';

/** Plugins at admission: one of a team that knows what it does, and one that fails in every way there is. */
const examples = join(import.meta.dirname, '../../../examples/plugin');

let cluster: InstalledCluster;
let client: KubeClient;
let shop: OpenNamespace;

beforeAll(async () => {
  const ours = ['acme', 'broken'].map((name) => join(import.meta.dirname, `${name}.ts`));
  const plugin = [...ours, join(examples, 'feature-flags.ts')];
  cluster = await startInstalledCluster({ controllerManager: false, replicas: 1, flags: { plugin } });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  shop = await openNamespace(client, 'shop');
  await shop.workflow();
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

const execution = (name: string, action: string, parameters: Record<string, unknown> = {}) =>
  makeExecution(name).inNamespace('shop').of('restart').withSpec({ action, parameters }).build();

const resize = (name: string, parameters: object = {}) =>
  execution(name, 'resize', { deployment: 'web', replicas: '3', ...parameters });

const kubectl = (verb: string, object: object) =>
  cluster.controlPlane.kubectl([verb, '-f', '-'], { input: JSON.stringify(object) });

describe('parameters', () => {
  it('that do not fit are a 422 with a cause for each field, and cost no slot', async () => {
    const workflow = await shop.workflow('full');
    const unfit = makeExecution('unfit')
      .of(workflow)
      .withSpec({ action: 'resize', parameters: { replicas: 'many', force: true } })
      .build();
    for (let time = 0; time < 6; time += 1) {
      const refusal = await refusalOf(shop.executions.create(unfit));
      expect(refusal).toMatchObject({
        code: 422,
        reason: 'Invalid',
        details: { name: 'unfit', kind: 'KubernetesExecution', group: 'kubernetesexecution.kubernaut.io' },
      });
      expect(refusal.details?.causes?.map(({ reason, field }) => [reason, field])).toEqual([
        ['ParametersInvalid', 'spec.parameters.deployment'],
        ['ParametersInvalid', 'spec.parameters.replicas'],
        ['ParametersInvalid', 'spec.parameters.force'],
      ]);
    }
    expect(await shop.fill(workflow)).toHaveLength(5);
  });

  it('that do not fit are explained by kubectl, cause by cause', async () => {
    const { stderr } = await kubectl('create', resize('unfit', { replicas: -1 }));
    expect(stderr).toContain(
      'The KubernetesExecution "unfit" is invalid: spec.parameters.replicas: ' +
        'Parameter "replicas" of action "resize" is not valid: Too small: expected number to be >=0.',
    );
  });

  it('of a megabyte are refused before any schema sees them', async () => {
    const refusal = await refusalOf(
      shop.executions.create(resize('large', { deployment: 'x'.repeat(1_000_000) })),
    );
    expect([refusal.code, ...causesOf(refusal)]).toEqual([422, 'ParametersTooLarge']);
  });

  it('of an action that no plugin has are not looked at', async () => {
    const created = execution('unknown', 'of_another_controller', { replicas: 'many' });
    const answer = shop.executions.create(created, { dryRun: 'All' });
    await expect(answer).resolves.toMatchObject({ spec: { parameters: { replicas: 'many' } } });
  });

  it('of steps are remarked on when the workflow is written, and refused only when a step is to run', async () => {
    const workflow = makeWorkflow('hasty')
      .inNamespace('shop')
      .step({ action: 'resize', parameters: { deployment: 'web', replicas: 3 } })
      .step({ action: 'resize', parameters: { deployment: 'web', replicas: 1_000 } })
      .build();
    const { exitCode, stderr } = await kubectl('create', workflow);
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      'Warning: step 2: Parameter "replicas" of action "resize" is not valid: Too big: expected number to be <=100.\n',
    );
  });
});

describe('a check', () => {
  it('refuses with the code, reason and causes that it gives', async () => {
    const refusal = await refusalOf(shop.executions.create(resize('zero', { replicas: 0 })));
    expect(refusal).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: expect.stringMatching(/denied the request: Nobody resizes to zero\.$/),
      details: { causes: [{ reason: 'Zero', field: 'spec.parameters.replicas' }] },
    });
  });

  it('warns who sends the execution', async () => {
    const { exitCode, stderr } = await kubectl('create', resize('warned'));
    expect(exitCode).toBe(0);
    expect(stderr).toBe('Warning: admin resizes web\n');
  });

  it('of all actions is asked about those of others too', async () => {
    const workflow = makeWorkflow('system').inNamespace('kube-system').steps(1).build();
    await kubectl('create', workflow);
    const foreign = makeExecution('any').inNamespace('kube-system').of('system').build();
    const { stderr } = await kubectl('create', foreign);
    expect(stderr).toContain('Not in kube-system.');
  });
});

describe('a check of what a built-in action applies', () => {
  const apply = (name: string, manifest: unknown) => execution(name, 'apply_manifest', { manifest });
  const named = (kind: string) => ({ apiVersion: 'v1', kind, metadata: { name: 'settings' } });

  it.each([
    ['as it is', named('Secret')],
    ['as text', JSON.stringify(named('Secret'))],
    ['as text with an escape', JSON.stringify(named('Secret')).replace('Secret', '\\u0053ecret')],
  ])('sees a Secret that is given %s', async (_, manifest) => {
    const refusal = await refusalOf(shop.executions.create(apply('secret', manifest)));
    expect([refusal.code, ...causesOf(refusal)]).toEqual([403, 'NoSecrets']);
  });

  it('is not asked about a text in which a key is twice: that is refused', async () => {
    const twice = `{"apiVersion":"v1","kind":"ConfigMap","\\u006bind":"Secret","metadata":{"name":"settings"}}`;
    const refusal = await refusalOf(shop.executions.create(apply('twice', twice)));
    expect([refusal.code, ...causesOf(refusal)]).toEqual([422, 'ParametersInvalid']);
    expect(refusal.details?.causes?.[0]?.message).toContain('has the key "kind" twice in one object');
  });

  it('lets a ConfigMap pass, whichever way it is given', async () => {
    for (const manifest of [named('ConfigMap'), JSON.stringify(named('ConfigMap'))])
      await expect(shop.executions.create(apply('map', manifest), { dryRun: 'All' })).resolves.toBeDefined();
  });
});

it('an execution whose action nobody knows is refused where a check is to judge it', async () => {
  const refusal = await refusalOf(shop.executions.create(execution('unknown', 'of_nobody')));
  expect([refusal.code, ...causesOf(refusal)]).toEqual([422, 'ActionUnknown']);
});

describe('the plugin of the examples', () => {
  const create = (file: string) => cluster.controlPlane.kubectl(['create', '-f', join(examples, file)]);

  it('takes its workflow, and refuses what docs/plugins.md says it refuses, in those words', async () => {
    expect(await create('workflow.yaml')).toMatchObject({ exitCode: 0, stderr: '' });
    const page = readFileSync(join(import.meta.dirname, '../../../docs/plugins.md'), 'utf8');
    for (const file of ['execution-unfit.yaml', 'execution-forbidden.yaml']) {
      const { exitCode, stderr } = await create(file);
      expect(exitCode).toBe(1);
      for (const line of stderr.trim().split(/\s*\n/))
        expect(page).toContain(line.replaceAll(examples, 'examples/plugin'));
    }
  });

  it('gives its action the rights of its manifest, and no more', async () => {
    for (const file of ['rights.yaml', 'flags.yaml'])
      expect(await create(file)).toMatchObject({ exitCode: 0 });
    const may = async (verb: string, name: string) => {
      const as = '--as=system:serviceaccount:default:stepgate-runner';
      return (
        await cluster.controlPlane.kubectl(['auth', 'can-i', verb, `configmaps/${name}`, as])
      ).stdout.trim();
    };
    expect(await may('patch', 'feature-flags')).toBe('yes');
    expect(await may('patch', 'another')).toBe('no');
  });
});

describe('a plugin that fails', () => {
  const failing = [
    ['throws', 'has thrown an error'],
    ['hangs', 'gave no answer in time'],
    ['sleeps', 'gave an answer that is none'],
    ['rejects', 'gave an answer that is none'],
    ['raves', 'gave an answer that is none'],
    ['backtracks', 'gave no answer in time'],
  ] as const;

  it.each(failing)('because it %s refuses its own executions, which cost no slot', async (action, says) => {
    const workflow = await shop.workflow(`of-${action}`);
    for (let time = 0; time < 6; time += 1) {
      const refusal = await refusalOf(
        shop.executions.create(makeExecution('failing').of(workflow).withSpec({ action }).build()),
      );
      expect([refusal.code, refusal.reason, ...causesOf(refusal)]).toEqual([
        500,
        'InternalError',
        'PluginFailed',
      ]);
      expect(refusal.message).toContain(`plugin "broken" has failed: check Check${action} ${says}`);
      expect(refusal.message).not.toContain('secret');
    }
    expect(await shop.fill(workflow)).toHaveLength(5);
  });

  it('refuses executions of others that it is asked about', async () => {
    const refusal = await refusalOf(shop.executions.create(execution('foreign', 'tag')));
    expect([refusal.code, ...causesOf(refusal)]).toEqual([500, 'PluginFailed']);
    expect(refusal.message).toContain('plugin "broken" has failed: check ThrowsOnOthers has thrown an error');
  });

  it('lets them pass with a warning where its check allows that', async () => {
    const { exitCode, stderr } = await kubectl('create', execution('left-out', 'label'));
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Warning: plugin "broken" has failed: check MayBeLeftOut has thrown an error');
  });

  it('forgets a promise that rejects: the process lives', async () => {
    for (const created of [execution('forgets', 'forgets'), resize('after')]) {
      await expect(shop.executions.create(created, { dryRun: 'All' })).resolves.toBeDefined();
    }
    expect(cluster.replicas[0]?.child.hasExited).toBe(false);
  });

  it('while it is asked again and again leaves the others as fast as they were', async () => {
    const calm = await timesOf(40);
    let isOver = false;
    let sent = 0;
    const flood = Array.from({ length: 4 }, async (_, index) => {
      for (let time = index; !isOver; time += 1) {
        const [action] = failing[time % failing.length] ?? failing[0];
        await refusalOf(shop.executions.create(execution(`flood-${index}`, action)));
        sent += 1;
      }
    });
    const busy = await timesOf(200);
    isOver = true;
    await Promise.all(flood);
    expect(sent).toBeGreaterThan(10);
    // Half a second is what two parts that hang take in ten seconds: few creates can have met it.
    const usual = Math.max(median(calm), median(await timesOf(40)));
    expect(median(busy)).toBeLessThan(10 * usual + 100);
    expect(busy.filter((milliseconds) => milliseconds > 10 * median(busy) + 200).length).toBeLessThan(20);
  });

  it('is counted and logged, and the replica is what it was', async () => {
    const [replica] = cluster.replicas;
    if (replica === undefined) throw new Error('there is no replica');
    for (const kind of ['threw', 'hung', 'nonsense', 'resting']) {
      const labels = `plugin="broken",kind="${kind}"`;
      expect(await metricOf(replica, 'stepgate_plugin_failures_total', labels), kind).toBeGreaterThan(0);
    }
    expect(readFileSync(replica.child.logFile, 'utf8')).toContain('a secret of the plugin');
    expect(replica.child.hasExited).toBe(false);
    expect((await fetch(`${replica.metricsUrl}/readyz`)).status).toBe(200);
  });
});

it('a plugin that ends the process has allowed nothing: the API server refuses what it could not ask about', async () => {
  const refusal = await refusalOf(shop.executions.create(execution('last', 'exits')));
  expect([refusal.code, refusal.message]).toEqual([500, expect.stringContaining('failed calling webhook')]);
  const { exitCode, stderr } = await kubectl('get', execution('last', 'exits'));
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('NotFound')]);
});

/** Milliseconds that creates of a good plugin take, one after the other. */
async function timesOf(count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await shop.executions.create(resize(`timed-${index}`), { dryRun: 'All' });
    times.push(performance.now() - start);
  }
  return times;
}

function median(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}
