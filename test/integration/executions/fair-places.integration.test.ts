import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allow } from '../actions/action-ground.ts';
import {
  type ExecutionCluster,
  type ExecutionNamespace,
  type RunningController,
  startExecutionCluster,
} from './execution-cluster.ts';
import { type UnrulyPlugin, unrulyPlugin } from './unruly-plugin.ts';

let cluster: ExecutionCluster;
let greedy: ExecutionNamespace;
let other: ExecutionNamespace;
let unruly: UnrulyPlugin;
let controller: RunningController;

beforeAll(async () => {
  cluster = await startExecutionCluster();
});
afterAll(async () => {
  await cluster.stop();
});
beforeEach(async () => {
  [greedy, other] = await Promise.all([cluster.namespace(), cluster.namespace()]);
  unruly = unrulyPlugin();
  controller = await cluster.start({ plugins: [unruly.plugin], graceMilliseconds: 200 });
});
afterEach(async () => {
  await controller.stop();
});

/** One more than may run at the same time. */
const names = Array.from({ length: 65 }, (_, index) => `hangs-${index}`);

async function jobsOf({ name }: ExecutionNamespace): Promise<number> {
  const path = `/apis/batch/v1/namespaces/${name}/jobs`;
  return (await cluster.admin.request<{ readonly items: readonly unknown[] }>({ method: 'GET', path })).items
    .length;
}

describe('a namespace whose executions take every place they can', () => {
  test('keeps no other from running its jobs: who waits for a Job holds no place', async () => {
    await Promise.all([greedy, other].map(({ name }) => allow(cluster.admin, name, 'job')));
    const job = { action: 'job', parameters: { image: 'never:1' } };
    await Promise.all(names.map((name) => greedy.create(name, job)));
    // Nothing runs pods here: none of these Jobs ends.
    await expect.poll(() => jobsOf(greedy), { timeout: 60_000 }).toBe(names.length);
    await other.create('runs', job);
    await expect.poll(() => jobsOf(other), { timeout: 30_000 }).toBe(1);
  });

  test('keeps no other from running actions that hang as well', async () => {
    await Promise.all(names.map((name) => greedy.create(name, { action: 'hang' })));
    await expect.poll(() => unruly.begun.length, { timeout: 60_000 }).toBe(48);
    await other.create('begins', { action: 'hang' });
    await unruly.hasBegun('begins');
    expect(unruly.begun).toHaveLength(49);
  });
});
