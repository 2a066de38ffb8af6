import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAction } from '../../../src/plugin/action.ts';
import { definePlugin } from '../../../src/plugin/plugin.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../../cluster/faulty-http-proxy.ts';
import type { Fault } from '../../cluster/http-faults.ts';
import {
  type ExecutionCluster,
  type ExecutionNamespace,
  type RunningController,
  startExecutionCluster,
} from './execution-cluster.ts';

let cluster: ExecutionCluster;
let proxy: FaultyHttpProxy;
let namespace: ExecutionNamespace;
let controller: RunningController;
let begun: string[];

/** Asks for something that only these actions ask for; whether it may is no matter. */
const ask = (name: string, repeatable: boolean) =>
  defineAction({
    name,
    parameters: z.object({}),
    repeatable,
    async run({ kube, signal, execution }) {
      begun.push(`${execution.name}#${execution.attempt}${execution.resumed === true ? ' resumed' : ''}`);
      await kube.request({ method: 'GET', path: '/version', signal });
    },
  });
const plugin = definePlugin({ name: 'asking', actions: [ask('ask', true), ask('ask_once', false)] });

beforeAll(async () => {
  cluster = await startExecutionCluster();
  proxy = await startFaultyHttpProxy(cluster.controlPlane);
});
afterAll(async () => {
  await proxy?.close();
  await cluster?.stop();
});
beforeEach(async () => {
  begun = [];
  namespace = await cluster.namespace();
  controller = await cluster.start(
    {
      plugins: [plugin],
      retryBackoff: { initialMilliseconds: 10, maximumMilliseconds: 20, factor: 2 },
    },
    proxy.kubeConfig('controller'),
  );
});
afterEach(async () => {
  proxy.intercept(undefined);
  await controller.stop();
});

/** The first `times` of their requests go wrong. */
function failing(fault: Fault, times = 1): void {
  let left = times;
  proxy.intercept(({ path }) => (path === '/version' && (left -= 1) >= 0 ? fault : undefined));
}

test.each<[string, Fault]>([
  ['is lost before it arrives', { kind: 'reset' }],
  ['is done, and its answer is lost', { kind: 'loseAnswer' }],
  ['breaks off in its answer', { kind: 'cut', afterBytes: 3 }],
  ['comes while the API server starts', { kind: 'status', code: 429, retryAfterSeconds: 1 }],
  ['finds nothing behind a load balancer', { kind: 'status', code: 503 }],
  [
    'meets an etcd that changes its leader',
    { kind: 'status', code: 500, message: 'etcdserver: leader changed' },
  ],
])('an action whose request %s is only interrupted', async (_, fault) => {
  failing(fault);
  await namespace.create('ask', { action: 'ask' });
  expect(await namespace.settled('ask')).toMatchObject({
    phase: 'completed',
    attempts: 2,
    unanswered: 1,
    message: 'Done in attempt 2; 1 before it interrupted.',
  });
  expect(begun).toEqual(['ask#1', 'ask#2 resumed']);
  const metrics = await (await fetch(controller.metricsUrl)).text();
  expect(metrics).toContain('stepgate_action_interruptions_total{action="ask"} 1');
  expect(metrics).toContain('stepgate_action_duration_seconds_count{action="ask",result="unanswered"} 1');
});

test('missing answers leave an execution all its retries, and end where they have no end', async () => {
  failing({ kind: 'reset' }, 11);
  await namespace.create('retried', { action: 'ask', maxRetries: 1 });
  expect(await namespace.settled('retried')).toMatchObject({
    phase: 'completed',
    attempts: 12,
    unanswered: 10,
  });
  failing({ kind: 'reset' }, 100);
  await namespace.create('never', { action: 'ask' });
  expect(await namespace.settled('never')).toMatchObject({
    phase: 'failed',
    attempts: 11,
    unanswered: 10,
    message: expect.stringMatching(/^The API server could not answer: GET \/version: .*\. \(attempt 11\)$/),
  });
});

test('an action that must not be done twice is not, and says what is not known', async () => {
  failing({ kind: 'loseAnswer' });
  await namespace.create('once', { action: 'ask_once', maxRetries: 3 });
  expect(await namespace.settled('once')).toMatchObject({
    phase: 'failed',
    attempts: 1,
    message: expect.stringContaining('It cannot be known whether the action was done'),
  });
  failing({ kind: 'status', code: 429 });
  await namespace.create('refused', { action: 'ask_once', maxRetries: 3 });
  expect(await namespace.settled('refused')).toMatchObject({ phase: 'completed', attempts: 2 });
});
