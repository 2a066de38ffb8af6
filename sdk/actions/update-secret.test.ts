import { describe, expect, it } from 'vitest';
import { fakeKube, ParametersError, runAction } from '../testing.ts';
import { updateSecret } from './update-secret.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const secret = (name: string, data: Readonly<Record<string, string>>, namespace = 'default') => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
});

const reference = (name: string, key: string) => ({ secretKeyRef: { name, key } });

const stage = () =>
  fakeKube({
    objects: [
      secret('keys', { kept: 'as it is', changed: 'old' }),
      secret('keys', { changed: 'old' }, 'other'),
      secret('new-values', { password: 'hunter2', user: 'jane' }),
      secret('new-values', { password: 'of another namespace' }, 'other'),
    ],
  });

describe('update_secret with values by reference', () => {
  it('sets them, and reads each Secret once', async () => {
    const kube = stage();
    const dataFrom = { changed: reference('new-values', 'password'), user: reference('new-values', 'user') };
    const { result } = await runAction(updateSecret, { kube, parameters: { secret: 'keys', dataFrom } });
    expect(kube.object('Secret', 'keys', 'default')?.['data']).toEqual({
      kept: base64('as it is'),
      changed: base64('hunter2'),
      user: base64('jane'),
    });
    expect(kube.requests.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
    expect(result).toEqual({ namespace: 'default', secret: 'keys', keys: ['changed', 'user'] });
  });

  it("reads them in the execution's namespace, whichever the Secret is in that it changes", async () => {
    const kube = stage();
    const dataFrom = { changed: reference('new-values', 'password') };
    await runAction(updateSecret, { kube, parameters: { secret: 'keys', namespace: 'other', dataFrom } });
    expect(kube.object('Secret', 'keys', 'other')?.['data']).toEqual({ changed: base64('hunter2') });
  });

  it('takes bytes as they are', async () => {
    const kube = stage();
    const bytes = Buffer.from([0, 255, 128, 10]).toString('base64');
    kube.put({ ...secret('binary', {}), data: { key: bytes } });
    const dataFrom = { changed: reference('binary', 'key') };
    await runAction(updateSecret, { kube, parameters: { secret: 'keys', dataFrom } });
    expect(kube.object('Secret', 'keys', 'default')?.['data']).toMatchObject({ changed: bytes });
  });

  it.each([
    [reference('new-values', 'missing'), 'Secret "new-values" of namespace "default" has no key "missing"'],
    [reference('new-values', 'constructor'), 'has no key "constructor"'],
    [reference('missing', 'password'), '404 NotFound'],
  ])('changes nothing where there is no %j', async (missing, says) => {
    const kube = stage();
    const parameters = {
      secret: 'keys',
      data: { plain: 'text' },
      dataFrom: { user: reference('new-values', 'user'), changed: missing },
    };
    const error: unknown = await runAction(updateSecret, { kube, parameters }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).toContain(says);
    expect(String(error)).not.toMatch(/hunter2|jane|aHVudGVyMg|text/);
    expect(kube.writes).toEqual([]);
  });
});

it.each([
  ['neither values nor references', {}],
  ['a key of both', { data: { a: 'x' }, dataFrom: { a: reference('b', 'c') } }],
  ['a name that is a path', { dataFrom: { a: reference('../pods', 'c') } }],
  ['a name with a query', { dataFrom: { a: reference('b?x=y', 'c') } }],
  ['a namespace of its own', { dataFrom: { a: { secretKeyRef: { name: 'b', key: 'c', namespace: 'd' } } } }],
  ['a reference to a ConfigMap', { dataFrom: { a: { configMapKeyRef: { name: 'b', key: 'c' } } } }],
  ['text with a key twice', { dataFrom: '{"a": {"secretKeyRef": {"name": "b", "key": "c", "key": "d"}}}' }],
])('update_secret does not take %s', async (_, parameters) => {
  const kube = stage();
  const run = runAction(updateSecret, { kube, parameters: { secret: 'keys', ...parameters } });
  await expect(run).rejects.toThrow(ParametersError);
  expect(kube.requests).toEqual([]);
});
