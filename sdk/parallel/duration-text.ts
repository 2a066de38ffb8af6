import { formatSeconds } from './format-seconds.ts';

/** A duration as a person would write it: `15m`, not `900s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds % 3_600_000 === 0) return `${milliseconds / 3_600_000}h`;
  if (milliseconds % 60_000 === 0) return `${milliseconds / 60_000}m`;
  return formatSeconds(milliseconds / 1_000) ?? '0s';
}
