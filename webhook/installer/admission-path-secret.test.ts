import { expect, it } from 'vitest';
import { routesOf } from './webhook-configurations.ts';
import { randomSegment, segmentOf } from './admission-path-secret.ts';

it('a segment has 256 random bits, in what the API server takes in the path of a Service', () => {
  const segments = Array.from({ length: 100 }, randomSegment);
  expect(new Set(segments).size).toBe(100);
  for (const segment of segments) expect(segment).toMatch(/^[0-9a-f]{64}$/);
});

it('is found again at the head of every path that the API server calls, and of no other', () => {
  const segment = randomSegment();
  const paths = [...routesOf(segment).values()];
  expect(new Set(paths).size).toBe(8);
  for (const path of paths) expect(segmentOf(path)).toBe(segment);
  for (const path of [...routesOf().values(), '', '/', segment, `/${segment}`])
    expect(segmentOf(path)).toBeUndefined();
});
