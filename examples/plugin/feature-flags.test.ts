import { fakeKube, rollbackAction, runAction } from 'stepgate/testing';
import { expect, it } from 'vitest';
import { setFlag } from './feature-flags.ts';

const flags = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'feature-flags', namespace: 'default' },
  data: { search: 'true', checkout: 'true' },
};

it('turns a flag off, leaves the others alone, and turns it on again when it is rolled back', async () => {
  const kube = fakeKube({ objects: [flags] });
  const parameters = { flag: 'search', enabled: false };
  const now = () => kube.object('ConfigMap', 'feature-flags', 'default')?.['data'];

  const { result } = await runAction(setFlag, { parameters, kube });
  expect(now()).toEqual({ search: 'false', checkout: 'true' });

  await rollbackAction(setFlag, { parameters, kube, result });
  expect(now()).toEqual(flags.data);
});

it('removes a flag that was not there before when it is rolled back', async () => {
  const kube = fakeKube({ objects: [flags] });
  const parameters = { flag: 'wishlist', enabled: true };
  const { result } = await runAction(setFlag, { parameters, kube });
  await rollbackAction(setFlag, { parameters, kube, result });
  expect(kube.object('ConfigMap', 'feature-flags', 'default')?.['data']).toEqual(flags.data);
});

it('a run that is taken up again rolls back to what was there at first', async () => {
  const kube = fakeKube({ objects: [flags] });
  const parameters = { flag: 'search', enabled: false };
  const first = await runAction(setFlag, { parameters, kube });
  const second = await runAction(setFlag, { parameters, kube, remembered: first.remembered });
  await rollbackAction(setFlag, { parameters, kube, result: second.result });
  expect(kube.object('ConfigMap', 'feature-flags', 'default')?.['data']).toEqual(flags.data);
});
