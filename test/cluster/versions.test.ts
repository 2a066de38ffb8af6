import { describe, expect, it } from 'vitest';
import { buildInputs, defaultVersion, inputsHash, lockedVersions, resolveVersion } from './versions.ts';

describe('the version of the control plane', () => {
  it.each([
    [undefined, 'v1.37.2'],
    ['', 'v1.37.2'],
    ['v1.37.2', 'v1.37.2'],
    ['1.32', 'v1.32.2'],
    ['v1.32', 'v1.32.2'],
    ['1.32.2', 'v1.32.2'],
    ['1.33.1', 'v1.33.1'],
    ['1.3', 'v1.3'],
  ])('asked for as %s is %s', (asked, version) => {
    expect(resolveVersion(asked)).toBe(version);
  });

  it('is locked for the default and for the oldest that is supported', () => {
    expect(lockedVersions()).toEqual(['v1.32.2', defaultVersion]);
  });

  it('has a cache key of its own', () => {
    const hashes = lockedVersions().map((version) => inputsHash(buildInputs(version) ?? []));
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes[0]).toMatch(/^[0-9a-f]{8}$/);
    expect(buildInputs('v1.33.1')).toBeUndefined();
  });
});
