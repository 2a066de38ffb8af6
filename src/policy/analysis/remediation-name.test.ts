import { expect, it } from 'vitest';
import { isObjectName } from '../../api/object-name.ts';
import { remediationName } from './remediation-name.ts';

it('is the same for an analysis, and another for one that was made anew under its name', () => {
  const first = remediationName({ name: 'outage', uid: 'uid-1' });
  expect(first).toMatch(/^outage-[0-9a-f]{8}$/);
  expect(remediationName({ name: 'outage', uid: 'uid-1' })).toBe(first);
  expect(remediationName({ name: 'outage', uid: 'uid-2' })).not.toBe(first);
});

it('is a name, and fits a label, however long the name of the analysis is', () => {
  for (const name of ['a'.repeat(253), `${'a'.repeat(53)}.b.${'c'.repeat(50)}`]) {
    const long = remediationName({ name, uid: 'uid-1' });
    expect(long.length).toBeLessThanOrEqual(63);
    expect(isObjectName(long)).toBe(true);
  }
});
