import { expect, it } from 'vitest';
import { createSeenExecutions } from './seen-executions.ts';

function execution(name: string, uid: string, resourceVersion: string) {
  return { namespace: 'n', name, uid, resourceVersion, workflow: 'w' };
}

it('remembers the earliest resourceVersion of a uid, in whatever order it is told', () => {
  const seen = createSeenExecutions();
  for (const resourceVersion of ['50', '9', '100']) seen.note(execution('a', '1', resourceVersion));
  expect(seen.seenAt('1')).toBe('9');
  expect(seen.seenAt('2')).toBeUndefined();
});

it('remembers the last uid of a name', () => {
  const seen = createSeenExecutions();
  seen.note(execution('a', '1', '5'));
  seen.note(execution('a', '2', '6'));
  expect(seen.uidOf('n', 'a')).toBe('2');
  expect(seen.uidOf('other', 'a')).toBeUndefined();
});

it('forgets a hint that was wrong, but not one that came meanwhile', () => {
  const seen = createSeenExecutions();
  seen.note(execution('a', '2', '6'));
  seen.forgetName('n', 'a', '1');
  expect(seen.uidOf('n', 'a')).toBe('2');
  seen.forgetName('n', 'a', '2');
  expect(seen.uidOf('n', 'a')).toBeUndefined();
  expect(seen.seenAt('2')).toBe('6');
});

it('forgets the oldest past its capacity', () => {
  const seen = createSeenExecutions(2);
  for (const number of ['1', '2', '3']) seen.note(execution(`name-${number}`, number, number));
  expect(['1', '2', '3'].map(seen.seenAt)).toEqual([undefined, '2', '3']);
  expect(['1', '2', '3'].map((number) => seen.uidOf('n', `name-${number}`))).toEqual([undefined, '2', '3']);
});

it('forgets everything when history went backwards', () => {
  const seen = createSeenExecutions();
  seen.note(execution('a', '1', '5'));
  seen.clear();
  expect([seen.seenAt('1'), seen.uidOf('n', 'a')]).toEqual([undefined, undefined]);
});
