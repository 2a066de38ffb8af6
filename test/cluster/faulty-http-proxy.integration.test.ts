import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from './faulty-http-proxy.ts';
import type { Fault } from './http-faults.ts';

let controlPlane: ControlPlane;
let proxy: FaultyHttpProxy;
const agent = new Agent({ keepAlive: true });
beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  proxy = await startFaultyHttpProxy(controlPlane);
});
afterEach(() => proxy.intercept(undefined));
afterAll(async () => {
  agent.destroy();
  await proxy.close();
  await controlPlane.stop();
});

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
  /** How it ended: `end`, or the error's code; undefined while it is open. */
  ended: string | undefined;
}

/** Sends a request through the proxy; what it answers fills in as it arrives. */
async function send(path: string, method = 'GET', body?: unknown): Promise<Answer> {
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = { method, headers: {} };
  await proxy.kubeConfig().applyToHTTPSOptions(options);
  const answer: Answer = { status: undefined, headers: {}, body: '', ended: undefined };
  const fail = (error: NodeJS.ErrnoException) => {
    answer.ended ??= error.code ?? error.message;
  };
  const outgoing = request(proxy.url + path, { ...options, agent }, (response) => {
    answer.status = response.statusCode;
    answer.headers = response.headers;
    response.setEncoding('utf8').on('data', (chunk: string) => {
      answer.body += chunk;
    });
    response.on('end', () => {
      answer.ended ??= 'end';
    });
    response.on('error', fail);
  });
  outgoing.on('error', fail);
  if (body !== undefined) outgoing.setHeader('content-type', 'application/json');
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return answer;
}

it('knows its clients apart by their URLs, and tells when the API server has answered', async () => {
  let answered = false;
  const lost: Fault = { kind: 'loseAnswer', answered: () => void (answered = true) };
  proxy.intercept(({ client }) => (client === 'two' ? lost : undefined));
  expect((await whole('/client/one/api/v1/namespaces/default')).status).toBe(200);
  expect(answered).toBe(false);
  const answer = await whole('/client/two/api/v1/namespaces/default');
  expect([answer.ended, answered]).toEqual(['ECONNRESET', true]);
  const last = proxy.requests.slice(-2);
  expect(last.map(({ client, path }) => [client, path])).toEqual([
    ['one', '/api/v1/namespaces/default'],
    ['two', '/api/v1/namespaces/default'],
  ]);
});

async function whole(path: string, method?: string, body?: unknown): Promise<Answer> {
  const answer = await send(path, method, body);
  await vi.waitFor(() => expect(answer.ended).toBeDefined(), { timeout: 30_000 });
  return answer;
}

/** Spoils the requests for that path. */
const spoil = (path: string, fault: Fault) =>
  proxy.intercept((seen) => (seen.path === path ? fault : undefined));

const configMaps = '/api/v1/namespaces/default/configmaps';
const watch = `${configMaps}?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

describe('a faulty HTTP proxy', () => {
  it('passes a client through that trusts its authority, as the user it is', async () => {
    const core = proxy.kubeConfig().makeApiClient(CoreV1Api);
    const { items } = await core.listNamespace();
    expect(items.map((item) => item.metadata?.name)).toContain('default');
    const nobody = proxy.kubeConfig('nobody').makeApiClient(CoreV1Api);
    await expect(nobody.listNamespace()).rejects.toMatchObject({ code: 403 });
    expect(proxy.requests.at(-1)).toMatchObject({ method: 'GET', path: '/api/v1/namespaces' });
  });

  it('answers with a status of its own', async () => {
    spoil(configMaps, { kind: 'status', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 7 });
    const answer = await whole(configMaps);
    expect(answer).toMatchObject({ status: 429, ended: 'end', headers: { 'retry-after': '7' } });
    expect(JSON.parse(answer.body)).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 7 },
    });
    expect(await whole('/api/v1/namespaces')).toMatchObject({ status: 200 });
  });

  it('answers with a body that makes no sense', async () => {
    spoil(configMaps, { kind: 'answer', code: 200, contentType: 'text/html', body: '<html>' });
    expect(await whole(configMaps)).toMatchObject({ status: 200, body: '<html>' });
  });

  it('resets before the API server sees the request', async () => {
    spoil(configMaps, { kind: 'reset' });
    expect(await whole(configMaps, 'POST', configMap('never'))).toMatchObject({ ended: 'ECONNRESET' });
    expect(await whole(`${configMaps}/never`)).toMatchObject({ status: 404 });
  });

  it('loses the answer of what was done', async () => {
    spoil(configMaps, { kind: 'loseAnswer' });
    expect(await whole(configMaps, 'POST', configMap('done'))).toMatchObject({ ended: 'ECONNRESET' });
    expect(await whole(`${configMaps}/done`)).toMatchObject({ status: 200 });
  });

  it('cuts an answer after so many bytes', async () => {
    spoil(configMaps, { kind: 'cut', afterBytes: 10 });
    const answer = await whole(configMaps);
    expect(answer).toMatchObject({ status: 200, ended: 'ECONNRESET' });
    expect(answer.body).toHaveLength(10);
    spoil(configMaps, { kind: 'cut', afterBytes: 0 });
    expect(await whole(configMaps)).toMatchObject({ ended: 'ECONNRESET', body: '' });
  });

  it('goes silent after so many bytes, and stays open', async () => {
    spoil(configMaps, { kind: 'stall', afterBytes: 10 });
    const answer = await send(watch);
    await vi.waitFor(() => expect(answer.body).toHaveLength(10), { timeout: 20_000 });
    await whole(configMaps.replace('default', 'kube-system'));
    expect(answer).toMatchObject({ body: expect.stringMatching(/^.{10}$/) as unknown, ended: undefined });
  });

  it('streams a watch, and puts an error event into it', async () => {
    const untouched = await send(watch);
    await vi.waitFor(() => expect(untouched.body).toContain('k8s.io/initial-events-end'), {
      timeout: 20_000,
    });
    expect(untouched.ended).toBeUndefined();

    spoil(configMaps, { kind: 'watchError', code: 410, reason: 'Expired', afterEvents: 1 });
    const answer = await whole(watch);
    const events = answer.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(answer.ended).toBe('end');
    expect(events).toHaveLength(2);
    expect(events[0]?.type).toBe('ADDED');
    expect(events[1]).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
  });

  it('delays', async () => {
    spoil(configMaps, { kind: 'delay', milliseconds: 300 });
    const startedAt = performance.now();
    expect(await whole(configMaps)).toMatchObject({ status: 200 });
    expect(performance.now() - startedAt).toBeGreaterThan(290);
  });
});
