import { describe, expect, it } from 'vitest';
import { slotJournalKind } from '../api/names.ts';
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

  it('lets no name reach another path', () => {
    expect(resourcePath(configMaps, { namespace: 'a', name: '../../secrets?x=1#y' })).toBe(
      '/api/v1/namespaces/a/configmaps/..%2F..%2Fsecrets%3Fx%3D1%23y',
    );
  });

  it.each(['', '.', '..'])('refuses the name %j', (name) => {
    expect(() => resourcePath(configMaps, { namespace: 'a', name })).toThrow(RangeError);
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
