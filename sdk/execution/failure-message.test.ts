import { expect, test } from 'vitest';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { failureMessage } from './failure-message.ts';

const forbidden = (message: string) => new KubeStatusError({ code: 403, reason: 'Forbidden', message });

test('a refusal of RBAC is told as the Role that is missing', () => {
  const message =
    'deployments.apps "web" is forbidden: User "system:serviceaccount:shop:stepgate-runner" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"';
  expect(failureMessage(forbidden(message))).toBe(
    'ServiceAccount stepgate-runner of namespace shop may not patch deployments/scale: a Role in namespace shop must allow it (apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"]).',
  );
});

test('what lives in no namespace needs a ClusterRole', () => {
  const message =
    'nodes "n" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope';
  expect(failureMessage(forbidden(message))).toBe(
    'User "jane" may not get nodes: a ClusterRole must allow it (apiGroups: [""], resources: ["nodes"], verbs: ["get"]).',
  );
});

test('a refusal of an admission policy stays what it says', () => {
  expect(failureMessage(forbidden('pods "x" is forbidden: violates PodSecurity'))).toContain(
    'violates PodSecurity',
  );
});

test('of credentials that cannot be read the cause is told', () => {
  const cause = new Error('There is no ServiceAccount');
  expect(failureMessage(new KubeConnectionError('credentials', 'Cannot read', { cause }))).toBe(
    'There is no ServiceAccount',
  );
});

test.each([
  [undefined, 'The action threw undefined.'],
  [null, 'The action threw null.'],
  ['', "The action threw ''."],
  ['text', 'text'],
  [{ deep: { er: { est: 1 } } }, 'The action threw { deep: { er: [Object] } }.'],
  [new TypeError(''), 'TypeError'],
  [Object.assign(new Error('x'), { message: 7 }), '7'],
])('%o has a message', (thrown, message) => {
  expect(failureMessage(thrown)).toBe(message);
});

test('a message that is no text is told as one', () => {
  expect(failureMessage(Object.assign(new Error('x'), { message: Symbol('s') }))).toBe('Symbol(s)');
});

test('what cannot even be looked at has a message', () => {
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('no');
      },
      getPrototypeOf() {
        throw new Error('no');
      },
    },
  );
  expect(failureMessage(hostile)).toMatch(/\S/);
});

test('a long message is cut, and a token in one is not told', () => {
  expect(failureMessage(new Error('x'.repeat(10_000)))).toHaveLength(4_097);
  expect(failureMessage(new Error('Bearer abcdefghijklmnopqrstuvwxyz'))).not.toContain('abcdefgh');
});
