import { expect, it } from 'vitest';
import { specHash } from './spec-hash.ts';

it('is the SHA-256 of the canonical text, so that anybody can compute it', () => {
  // printf '%s' '{"definition":{},"rest":{},"steps":[],"version":1}' | sha256sum
  expect(specHash({ steps: [] })).toBe(
    'sha256:11416664524b178853af75a55191c7e4424d3de389b95093f1d61db583396add',
  );
});

it('differs when the spec does', () => {
  expect(specHash({ steps: [{ stepNumber: 1, action: 'a' }] })).not.toBe(specHash({ steps: [] }));
});
