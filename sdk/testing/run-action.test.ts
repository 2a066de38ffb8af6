import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { applyManifest } from '../actions/apply-manifest.ts';
import { fakeKube } from './fake-kube.ts';
import { ParametersError, rollbackAction, runAction } from './run-action.ts';

interface ConfigMap {
  readonly data: Readonly<Record<string, string>>;
}

const at = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'settings', namespace: 'shop' } };
const path = '/api/v1/namespaces/shop/configmaps/settings';

const setColour = defineAction({
  name: 'set_colour',
  parameters: z.object({ colour: z.string(), times: z.coerce.number().default(1) }),
  async run({ parameters, kube, signal, remember, remembered, execution }) {
    const before = (await kube.request<ConfigMap>({ method: 'GET', path, signal })).data['colour'];
    await remember(remembered ?? { before });
    const body = { data: { colour: parameters.colour } };
    await kube.request({
      method: 'PATCH',
      path,
      signal,
      body,
      contentType: 'application/merge-patch+json',
    });
    return { ...parameters, by: execution.name, when: undefined };
  },
  async rollback({ kube, signal, result }) {
    const { before } = result as { before: string };
    const body = { data: { colour: before } };
    await kube.request({ method: 'PATCH', path, signal, body, contentType: 'application/merge-patch+json' });
  },
});

function shop() {
  return fakeKube({ objects: [{ ...at, data: { colour: 'red', size: '1' } }] });
}

describe('runAction', () => {
  it('runs an action with what its schema makes of the parameters, and answers what the status would hold', async () => {
    const kube = shop();
    const { result, remembered } = await runAction(setColour, {
      parameters: { colour: 'blue', times: '3' },
      kube,
      execution: { name: 'paint-step-2' },
    });
    expect(result).toStrictEqual({ colour: 'blue', times: 3, by: 'paint-step-2' });
    expect(remembered).toEqual({ before: 'red' });
    expect(kube.object('ConfigMap', 'settings', 'shop')).toMatchObject({
      data: { colour: 'blue', size: '1' },
    });
    expect(kube.writes).toHaveLength(1);
  });

  it('refuses parameters that do not fit, one sentence for each field, and sends nothing', async () => {
    const kube = shop();
    const run = runAction(setColour, { parameters: { times: 'many' }, kube });
    await expect(run).rejects.toThrow(ParametersError);
    await expect(run).rejects.toMatchObject({
      code: 'Parameters',
      problems: [expect.stringMatching(/^colour: /), expect.stringMatching(/^times: /)],
    });
    expect(kube.requests).toEqual([]);
  });

  it('hands on what an earlier attempt has remembered', async () => {
    const options = { parameters: { colour: 'blue' }, kube: shop(), remembered: { before: 'green' } };
    expect((await runAction(setColour, options)).remembered).toEqual({ before: 'green' });
  });

  it('aborts at each request', async () => {
    for (const method of ['GET', 'PATCH']) {
      const kube = shop();
      const stop = new AbortController();
      kube.intercept((request) => {
        if (request.method === method) stop.abort(new Error('the time is up'));
        return undefined;
      });
      const run = runAction(setColour, { parameters: { colour: 'blue' }, kube, signal: stop.signal });
      await expect(run).rejects.toMatchObject({ code: 'KubeConnection', reason: 'aborted' });
    }
  });

  it('rejects with what the action throws', async () => {
    const run = runAction(setColour, { parameters: { colour: 'blue' }, kube: fakeKube() });
    await expect(run).rejects.toSatisfy((error) => isKubeStatus(error, 404, 'NotFound'));
  });
});

it('runs the actions that stepgate brings', async () => {
  const kube = fakeKube({
    objects: [{ apiVersion: 'acme.dev/v1', kind: 'Gadget', metadata: { name: 'g' } }],
  });
  const manifest = { apiVersion: 'acme.dev/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: { size: 2 } };
  await runAction(applyManifest, { parameters: { manifest }, kube });
  expect(kube.object('Gadget', 'g')).toMatchObject({ spec: { size: 2 } });
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 's' }, data: { a: 'b' } };
  await runAction(applyManifest, { parameters: { manifest: settings }, kube });
  expect(kube.object('ConfigMap', 's', 'default')).toMatchObject({ data: { a: 'b' } });
});

describe('rollbackAction', () => {
  it('undoes a run by what that returned or remembered', async () => {
    const kube = shop();
    const { remembered } = await runAction(setColour, { parameters: { colour: 'blue' }, kube });
    await rollbackAction(setColour, { parameters: { colour: 'blue' }, kube, result: remembered });
    expect(kube.object('ConfigMap', 'settings', 'shop')).toMatchObject({
      data: { colour: 'red', size: '1' },
    });
  });

  it('says so where there is no rollback', async () => {
    const oneWay = defineAction({ name: 'one_way', parameters: z.object({}), run: async () => undefined });
    const rollback = rollbackAction(oneWay, { parameters: {}, kube: shop(), result: {} });
    await expect(rollback).rejects.toThrow('action one_way has no rollback');
  });
});
