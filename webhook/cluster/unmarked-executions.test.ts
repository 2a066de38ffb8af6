import { expect, it } from 'vitest';
import { createUnmarkedExecutions } from './unmarked-executions.ts';

const item = (labels?: Readonly<Record<string, string>>) => ({
  metadata: {
    name: 'step',
    namespace: 'shop',
    uid: 'uid-1',
    resourceVersion: '7',
    ...(labels && { labels }),
  },
});

it('shows what is known of an execution that names no workflow in its metadata, until it is gone', () => {
  const unmarked = createUnmarkedExecutions();
  expect(unmarked.observe(item()).workflow).toBeUndefined();
  unmarked.count('uid-1', 'restart');
  expect(unmarked.observe(item()).workflow).toBe('restart');
  unmarked.forget('uid-1');
  expect(unmarked.observe(item()).workflow).toBeUndefined();
});

it('believes the metadata where it names one', () => {
  const unmarked = createUnmarkedExecutions();
  unmarked.count('uid-1', 'restart');
  expect(unmarked.observe(item({ workflow: 'other' })).workflow).toBe('other');
});
