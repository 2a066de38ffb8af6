import { describe, expect, it } from 'vitest';
import { heldSpec, holderOf, type Lease, releasedSpec } from './lease.ts';

const at = new Date('2026-01-02T03:04:05.678Z');
const later = new Date('2026-01-02T03:04:07.678Z');
const taken = heldSpec(undefined, 'one', 15_000, at);

describe('the spec of a lease', () => {
  it('says who took it, when, and for how many whole seconds', () => {
    expect(taken).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-02T03:04:05.678000Z',
      renewTime: '2026-01-02T03:04:05.678000Z',
      leaseTransitions: 0,
    });
    expect(heldSpec(undefined, 'one', 14_001, at).leaseDurationSeconds).toBe(15);
  });

  it('keeps when it was taken while it is renewed', () => {
    expect(heldSpec(taken, 'one', 15_000, later)).toEqual({
      ...taken,
      renewTime: '2026-01-02T03:04:07.678000Z',
    });
  });

  it('counts how often it went to another', () => {
    const other = heldSpec(taken, 'two', 15_000, later);
    expect(other).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
    expect(other.acquireTime).toBe(other.renewTime);
    expect(heldSpec(releasedSpec(other, later), 'one', 15_000, later).leaseTransitions).toBe(2);
  });

  it('is another one with each renewal, also where the clock stands still: the API server stores no write without change', () => {
    expect(heldSpec(taken, 'one', 15_000, at)).not.toEqual(taken);
    expect(releasedSpec(taken, at).renewTime).not.toBe(taken.renewTime);
  });

  it('names nobody once it is given back', () => {
    const metadata = { name: 'l', uid: 'u', resourceVersion: '1' };
    const lease: Lease = { metadata, spec: releasedSpec(taken, later) };
    expect([holderOf(lease), holderOf({ metadata }), holderOf(undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(holderOf({ metadata, spec: taken })).toBe('one');
    expect(lease.spec?.leaseDurationSeconds).toBe(1);
  });
});
