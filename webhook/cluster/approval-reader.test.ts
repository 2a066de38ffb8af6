import { expect, it } from 'vitest';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createApprovalReader } from './approval-reader.ts';

it('reads past every cache', async () => {
  const client = scriptKubeClient(({ path }) => ({ path }));
  const reader = createApprovalReader(client);
  await reader.request('shop', 'r');
  await reader.analysis('shop', 'a');
  expect(client.requests.map(({ path, query }) => [path, query])).toEqual([
    ['/apis/aianalysis.kubernaut.io/v1alpha1/namespaces/shop/aiapprovalrequests/r', undefined],
    ['/apis/aianalysis.kubernaut.io/v1alpha1/namespaces/shop/aianalyses/a', undefined],
  ]);
});

it('tells what is not there from what cannot be read', async () => {
  const answering = (code: number) =>
    createApprovalReader(
      scriptKubeClient(() => {
        throw refusal(code, 'Because');
      }),
    );
  expect(await answering(404).request('shop', 'r')).toBeUndefined();
  await expect(answering(500).request('shop', 'r')).rejects.toThrow('scripted 500');
});

it('knows that nothing has a name that is a path', async () => {
  const client = scriptKubeClient(() => ({}));
  expect(await createApprovalReader(client).request('shop', '../secrets/r')).toBeUndefined();
  expect(client.requests).toEqual([]);
});
