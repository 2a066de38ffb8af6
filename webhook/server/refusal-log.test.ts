import { expect, it } from 'vitest';
import { HttpRefusal } from '../../src/http/http-refusal.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { createRefusalLog } from './refusal-log.ts';

it('logs a flood of refusals once a second, and how many it left out', () => {
  const { lines, logger } = keepLogs();
  let now = 0;
  const log = createRefusalLog(logger, { now: () => now });
  for (; now < 2_001; now += 1) log(new HttpRefusal(400, 'no'));
  expect(lines.map((line) => line.facts)).toEqual([
    { httpCode: 400, reason: 'no', leftOut: 0 },
    { httpCode: 400, reason: 'no', leftOut: 999 },
    { httpCode: 400, reason: 'no', leftOut: 999 },
  ]);
});
