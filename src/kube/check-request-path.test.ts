import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRequestPath } from './check-request-path.ts';
import { KubePathError } from './kube-path-error.ts';
import { isSegmentText } from './path-segment.ts';
import { resourcePath } from './resource-path.ts';

const pods = '/api/v1/namespaces/shop/pods';

describe('a path is sent', () => {
  it.each([
    '/api',
    '/apis/apps/v1',
    '/openid/v1/jwks',
    `${pods}/web-0`,
    `${pods}/web-0/eviction`,
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    `${pods}/x%3FlabelSelector=app`,
    `${pods}/...`,
    `${pods}/gr%C3%B6%C3%9Fe`,
  ])('where it spells one resource: %s', (path) => {
    expect(() => checkRequestPath(path)).not.toThrow();
  });

  it('where resourcePath has made it, of whatever names', () => {
    const kind = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles' };
    const name = fc
      .string({ unit: 'binary', maxLength: 80 })
      .filter((text) => !['', '.', '..'].includes(text) && isSegmentText(text));
    fc.assert(
      fc.property(name, (text) => {
        const path = resourcePath(kind, { name: text });
        checkRequestPath(path);
        expect(new URL(path, 'https://a').pathname.split('/').map(decodeURIComponent)).toEqual([
          '',
          'apis',
          kind.group,
          kind.version,
          kind.plural,
          text,
        ]);
      }),
    );
  });
});

describe('a path is not sent', () => {
  it.each([
    ['without a slash at its beginning', 'api/v1/pods'],
    ['with a query', `${pods}?labelSelector=app`],
    ['with a query in a name', `${pods}/x?labelSelector=app`],
    ['with a fragment', `${pods}/x#y`],
    ['with an empty name', `${pods}/`],
    ['with an empty segment', '/api/v1/namespaces//pods'],
    ['that leads to another host', '//example.org/api'],
    ['with a dot', `${pods}/./x`],
    ['with two dots', `${pods}/../secrets`],
    ['with escaped dots', `${pods}/%2e%2E/secrets`],
    ['with a half escaped dot', `${pods}/.%2e`],
    ['with an escaped dot in a name', `${pods}/a%2eb`],
    ['with an escaped letter', `${pods}/%61`],
    ['with an escaped slash', `${pods}/x%2Flog`],
    ['with a small escaped slash', `${pods}/x%2flog`],
    ['with an escaped percent sign', `${pods}/x%252Flog`],
    ['with an escaped backslash', `${pods}/x%5Clog`],
    ['with an escaped control', `${pods}/x%0A`],
    ['with an escaped control of Latin-1', `${pods}/x%C2%85`],
    ['with a backslash', `${pods}\\x`],
    ['with a space', `${pods}/a b`],
    ['with a line', `${pods}/a\r\nHost: b`],
    ['with a zero', `${pods}/a\0`],
    ['with a letter of no ASCII', `${pods}/größe`],
    ['with an escape that is none', `${pods}/%zz`],
    ['with half an escape', `${pods}/%`],
    ['with bytes that are no UTF-8', `${pods}/%FF`],
  ])('%s', (_, path) => {
    expect(() => checkRequestPath(path)).toThrow(KubePathError);
  });

  it('that is too long', () => {
    expect(() => checkRequestPath(`${pods}/${'a'.repeat(5_000)}`)).toThrow('A path has 5029 characters');
  });

  it('and the error says what to use, and shows what came in printable ASCII alone', () => {
    expect(() => checkRequestPath(`${pods}/\u202e\u009b${'x'.repeat(200)}`)).toThrow(
      /^The path "\/api\/v1\/namespaces\/shop\/pods\/\\u202e\\u009bx{69}"… has the character "\\u202e"\. Make paths with resourcePath, and hand parameters over in query\.$/,
    );
  });
});
