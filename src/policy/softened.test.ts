import { describe, expect, it } from 'vitest';
import { softened } from './softened.ts';
import { allowed, deny, type Verdict } from './verdict.ts';

const refusal = deny(403, 'Forbidden', 'Not approved.', [
  { reason: 'ApprovalRequired', message: 'Not approved.' },
]);
const remarked: Verdict = { decision: 'allow', warnings: ['before'], auditAnnotations: { before: 'b' } };

describe('a refusal that is not enforced', () => {
  it('is a warning and a remark for the audit in mode warn', () => {
    expect(softened(refusal, allowed, 'warn')).toEqual({
      decision: 'allow',
      warnings: ['stepgate would refuse this in mode enforce: Not approved.'],
      auditAnnotations: { 'would-refuse-ApprovalRequired': 'Not approved.' },
    });
  });

  it('says so first, because clients cut what is long', () => {
    const long = deny(403, 'Forbidden', 'x'.repeat(1_000));
    expect(softened(long, allowed, 'warn').warnings).toEqual([
      expect.stringMatching(/^stepgate would refuse this in mode enforce: x/),
    ]);
  });

  it('is a remark for the audit alone in mode audit', () => {
    expect(softened(refusal, allowed, 'audit')).toEqual({
      decision: 'allow',
      auditAnnotations: { 'would-refuse-ApprovalRequired': 'Not approved.' },
    });
  });

  it('comes after what was remarked before', () => {
    const { warnings, auditAnnotations } = softened(refusal, remarked, 'warn');
    expect(warnings?.[0]).toBe('before');
    expect(Object.keys(auditAnnotations ?? {})).toEqual(['before', 'would-refuse-ApprovalRequired']);
  });

  it('changes nothing of another refusal', () => {
    const other = deny(429, 'TooManyRequests', 'full');
    expect(softened(refusal, other, 'warn')).toMatchObject({ decision: 'deny', code: 429, message: 'full' });
  });

  it('without causes goes by its own reason', () => {
    expect(softened(deny(403, 'Forbidden', 'no'), allowed, 'audit').auditAnnotations).toEqual({
      'would-refuse-Forbidden': 'no',
    });
  });
});
