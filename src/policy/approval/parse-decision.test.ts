import { describe, expect, it } from 'vitest';
import { parseDecision } from './parse-decision.ts';

const hash = `sha256:${'0a'.repeat(32)}`;

describe('what a person writes to decide', () => {
  it.each([
    ['true', { kind: 'approve', specHash: undefined }],
    [hash, { kind: 'approve', specHash: hash }],
    ['false', { kind: 'reject' }],
  ])('%s is a decision', (raw, decision) => {
    expect(parseDecision(raw)).toEqual(decision);
  });

  it.each([
    '',
    ' ',
    'yes',
    'TRUE',
    'True',
    'FALSE',
    'true ',
    ' true',
    'true\n',
    '1',
    'approved',
    'sha256:',
    hash.slice(0, -1),
    `${hash}0`,
    `${hash}\n`,
    hash.toUpperCase(),
    hash.slice('sha256:'.length),
    `sha512:${'0a'.repeat(32)}`,
    'x'.repeat(1_000_000),
  ])('%j is none', (raw) => {
    expect(parseDecision(raw)).toBeUndefined();
  });
});
