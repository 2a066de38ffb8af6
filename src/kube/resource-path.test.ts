import { describe, expect, it } from 'vitest';
import { slotJournalKind } from '../api/names.ts';
import { KubePathError } from './kube-path-error.ts';
import { resourceOfPath, resourcePath } from './resource-path.ts';

const configMaps = { group: '', version: 'v1', plural: 'configmaps' };

describe('resourcePath', () => {
  it.each([
    [resourcePath(configMaps), '/api/v1/configmaps'],
    [resourcePath(configMaps, { namespace: 'a' }), '/api/v1/namespaces/a/configmaps'],
    [
      resourcePath(slotJournalKind, { namespace: 'a', name: 'slots' }),
      '/apis/stepgate.kubernaut.io/v1alpha1/namespaces/a/slotjournals/slots',
    ],
    [
      resourcePath(
        { group: 'apps', version: 'v1', plural: 'deployments' },
        { name: 'b', subresource: 'scale' },
      ),
      '/apis/apps/v1/deployments/b/scale',
    ],
  ])('makes %s', (path, expected) => {
    expect(path).toBe(expected);
  });

  it.each([
    ['system:node', 'system%3Anode'],
    ['x?labelSelector=app#y', 'x%3FlabelSelector%3Dapp%23y'],
    ['größe', 'gr%C3%B6%C3%9Fe'],
    ['...', '...'],
  ])('escapes the name %s', (name, escaped) => {
    expect(resourcePath(configMaps, { namespace: 'a', name })).toBe(
      `/api/v1/namespaces/a/configmaps/${escaped}`,
    );
  });

  const unfit = ['', '.', '..', 'a/b', '/', 'a%2Fb', '100%', 'a\\b', 'a\nb', 'a\u0085b', '\ud800'];
  it.each(unfit)('takes %j for no name, no namespace, no subresource and no kind', (text) => {
    const name = 'b';
    for (const make of [
      () => resourcePath(configMaps, { namespace: 'a', name: text }),
      () => resourcePath(configMaps, { namespace: text, name }),
      () => resourcePath(configMaps, { name, subresource: text }),
      () => resourcePath({ ...configMaps, plural: text }, { name }),
      () => resourcePath({ ...configMaps, version: text }, { name }),
      // The group of the core kinds is empty.
      () => resourcePath({ ...configMaps, group: text || '.' }, { name }),
    ])
      expect(make).toThrow(KubePathError);
  });
});

describe('resourceOfPath', () => {
  it.each([
    ['/api/v1/configmaps', 'configmaps'],
    ['/api/v1/namespaces', 'namespaces'],
    ['/api/v1/namespaces/a', 'namespaces'],
    ['/api/v1/namespaces/a/status', 'namespaces'],
    ['/api/v1/namespaces/a/configmaps/b', 'configmaps'],
    ['/api/v1/nodes/a', 'nodes'],
    ['/apis/stepgate.kubernaut.io/v1alpha1/namespaces/a/slotjournals/slots', 'slotjournals'],
    ['/apis/stepgate.kubernaut.io/v1alpha1/slotjournals', 'slotjournals'],
    ['/apis/stepgate.kubernaut.io/v1alpha1', ''],
    ['/version', ''],
  ])('reads %s', (path, resource) => {
    expect(resourceOfPath(path)).toBe(resource);
  });
});
