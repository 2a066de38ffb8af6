import { expect, it } from 'vitest';
import { attemptTimeout } from './attempt-timeout.ts';

const hour = 3_600_000;
const most = '1h, the most that max-step-timeout allows,';

it.each([
  ['what the execution asks for', '5m', { milliseconds: 300_000, text: '5m', stated: true }],
  ['exactly the maximum', '60m', { milliseconds: hour, text: '60m', stated: true }],
  ['no more than the maximum', '60m1ms', { milliseconds: hour, text: most, stated: true }],
  [
    'no more than the maximum, where a timer could not count it',
    '9999h',
    { milliseconds: hour, text: most, stated: true },
  ],
  [
    'the maximum where the execution names none',
    undefined,
    { milliseconds: hour, text: most, stated: false },
  ],
  ['the maximum for what Go clients send for none', '0s', { milliseconds: hour, text: most, stated: false }],
  ['the maximum for what is no duration', 'soon', { milliseconds: hour, text: most, stated: false }],
])('an attempt may take %s', (_, timeout, expected) => {
  expect(attemptTimeout(timeout, hour)).toEqual(expected);
});
