import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../../src/api/kubernetes-execution.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { eventually } from '../../cluster/eventually.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../../cluster/faulty-http-proxy.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { createRandom } from '../../simulation/random.ts';
import { type Observer, startObserver } from '../../storm/observer.ts';
import {
  type ControlledNamespace,
  openControlledNamespace,
  tallyPlugin,
  unlimitedRate,
} from '../controlled-namespace.ts';
import { mostActive } from '../most-active.ts';
import { createKillMoments, type KillMoment, sides, writeKindOf, writeKinds } from './kill-moments.ts';
import { startSuccession, type Succession } from './succession.ts';

// A controller dies at its writes, before the API server sees one or before it hears the answer, KILLS times in all.
// Others wait for that, and go on (`make kills`: 200 times). No step may be lost, none run or undone twice, and nothing may
// stand still.

const kills = Number(process.env['KILLS'] || 30);
const seed = Number(process.env['SEED'] || 1);

/** Alive at the same time: enough to do at any moment, and little to take up for the next leader. */
const workflowsAtOnce = 2;
const stepsPerWorkflow = 8;
/** Every so many workflows ends with a critical step that fails, and is rolled back. */
const failingOneIn = 4;

let cluster: InstalledCluster;
let client: KubeClient;
let proxy: FaultyHttpProxy;
let observer: Observer;
let succession: Succession<KillMoment>;
let namespace: ControlledNamespace;

beforeAll(async () => {
  cluster = await startInstalledCluster({ replicas: 1, controllerManager: false });
  const { controlPlane } = cluster;
  client = createKubeClient(controlPlane.kubeConfig());
  proxy = await startFaultyHttpProxy(controlPlane);
  observer = await startObserver(client);
  namespace = await openControlledNamespace(client, 'kills');
  const moments = createKillMoments(createRandom(seed));
  succession = await startSuccession<KillMoment>({
    controlPlane,
    proxy,
    client,
    at(request) {
      const kind = writeKindOf(request);
      return kind === undefined ? { counts: false } : { counts: true, dies: moments.at(kind) };
    },
    standbys: 3,
    replica: {
      plugins: [tallyPlugin],
      environment: unlimitedRate,
    },
  });
}, 180_000);
afterAll(async () => {
  await succession?.stop();
  await observer?.stop();
  await proxy?.close();
  client?.close();
  await cluster?.stop();
});

it(`a controller killed at ${kills} moments loses no step, runs none twice and never stalls`, async () => {
  let created = 0;
  let enough = false;
  const keepBusy = async (): Promise<void> => {
    while (!enough) {
      const name = `${created % failingOneIn === 0 ? 'undone' : 'work'}-${created++}`;
      await namespace.workflows.create(workflowOf(name));
      await eventually(
        'there is room for one more workflow',
        async () => enough || (await unfinished()).length < workflowsAtOnce,
        900_000,
      );
    }
  };
  const busy = keepBusy();
  await succession.killed(kills).finally(() => (enough = true));
  await busy;
  await eventually('all workflows are over', async () => (await unfinished()).length === 0, 120_000);
  await observer.caughtUp();

  const { items: workflows } = await namespace.workflows.list<{
    readonly items: readonly WorkflowExecution[];
  }>();
  const { items: executions } = await namespace.executions.list<{
    readonly items: readonly KubernetesExecution[];
  }>();
  const effects = await namespace.effects();
  expect(workflows).toHaveLength(created);
  for (const { metadata, status } of workflows) {
    const name = metadata.name ?? '';
    const phase = isUndone(name) ? 'failed' : 'completed';
    expect(status, name).toMatchObject({ phase, activeSteps: 0, queuedSteps: 0 });
    const names = executionNamesOf(name);
    // One execution a step, ever: under its own name, with one uid.
    const seen = observer.events.filter(({ workflow }) => workflow === `kills/${name}`);
    expect([...new Set(seen.map((event) => event.name))].sort(), name).toEqual(names);
    expect(new Set(seen.map(({ uid }) => uid)).size, name).toBe(names.length);
    expect(mostActive(observer.events, `kills/${name}`), name).toBeLessThanOrEqual(5);
  }
  const problems = executions.map((each) => problemOf(each, effects.get(each.metadata.name ?? '') ?? 0));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  const expected = workflows.flatMap(({ metadata }) => executionNamesOf(metadata.name ?? ''));
  expect(executions).toHaveLength(expected.length);
  const hit = new Set(succession.kills.map(({ kind, side }) => `${kind}, ${side}`));
  expect(hit.size, [...hit].join('\n')).toBe(kills < 100 ? hit.size : writeKinds.length * sides.length);
}, 1_200_000);

const isUndone = (name: string): boolean => name.startsWith('undone');

/** Of its steps, and of what undoes them: in the order in which names are sorted. */
function executionNamesOf(name: string): string[] {
  const steps = Array.from({ length: stepsPerWorkflow }, (_, index) => `${name}-step-${index + 1}`);
  const undone = isUndone(name) ? steps.slice(0, -1).map((step) => `${step}-rollback`) : [];
  return [...steps, ...undone].sort();
}

/**
 * Six steps that can run at once, one after the first, and one at the end; two of them must not be repeated. Or seven that
 * are undone one by one, because the last step fails.
 */
function workflowOf(name: string): WorkflowExecution {
  const noted = { action: 'note', parameters: {} };
  if (isUndone(name))
    return makeWorkflow(name)
      .steps(7, { ...noted, rollbackSpec: noted })
      .step({
        action: 'fail',
        parameters: {},
        criticalStep: true,
        dependencies: ['1', '2', '3', '4', '5', '6', '7'],
      })
      .build();
  return makeWorkflow(name)
    .steps(4, { action: 'note', parameters: {} })
    .steps(2, { action: 'mark', parameters: {} })
    .step({ action: 'note', dependencies: ['1'] })
    .step({ action: 'note', dependencies: ['3', '7'] })
    .build();
}

async function unfinished(): Promise<readonly WorkflowExecution[]> {
  const { items } = await namespace.workflows.list<{ readonly items: readonly WorkflowExecution[] }>();
  return items.filter(({ status }) => status?.phase !== 'completed' && status?.phase !== 'failed');
}

/**
 * What is wrong with what became of an execution, if anything is. What can be repeated was done, and no more often
 * than it says; what cannot be repeated was done once, or the execution says that nobody knows.
 */
function problemOf({ metadata, spec, status }: KubernetesExecution, effects: number): string | undefined {
  const { phase, message = '', attempts = 0 } = status ?? {};
  const name = metadata.name ?? '';
  const tries = proxy.requests.filter(({ query }) => query.get('fieldManager') === name).length;
  const facts = `${name} (${spec.action}): ${phase}, ${attempts} attempts, ${tries} tries, ${effects} effects: ${message}`;
  if (tries > attempts) return facts;
  if (spec.action === 'fail') return phase === 'failed' && effects === 0 ? undefined : facts;
  if (phase === 'completed' && effects === 1) return undefined;
  const isUnknown = spec.action === 'mark' && phase === 'failed' && /interrupt|known|repeat/i.test(message);
  return isUnknown && effects <= 1 ? undefined : facts;
}
