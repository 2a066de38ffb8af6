import type { Percentiles, StormNumbers } from './judge-storm.ts';

/** The numbers of a storm as a person reads them. */
export function stormTable(numbers: StormNumbers): string {
  const percent = ((100 * numbers.unjustified_denials) / Math.max(1, numbers.denied)).toFixed(2);
  const rows: readonly (readonly [string, string])[] = [
    ['clients, workflows, seed', `${numbers.clients}, ${numbers.workflows}, ${numbers.seed}`],
    ['seconds, requests', `${numbers.seconds}, ${numbers.requests}`],
    ['kills, limit changes', `${numbers.kills}, ${numbers.limit_changes}`],
    ['resource versions seen', String(numbers.resource_versions)],
    ['most active, highest limit', `${numbers.max_active}, ${numbers.limit}`],
    ['VIOLATIONS', String(numbers.violations)],
    ['admitted under one limit, per cent', String(numbers.judged_by_one_limit_percent)],
    ['creates admitted, denied', `${numbers.admitted}, ${numbers.denied}`],
    ['denials unjustified', `${numbers.unjustified_denials} (${percent} %)`],
    ['... because of applies that lost a race', String(numbers.unjustified_by_apply_races)],
    ['... counted strictly', String(numbers.unjustified_denials_strict)],
    [
      'slots lost, seconds until the next was given, at most',
      `${numbers.lost_slots}, ${numbers.lost_slot_seconds_max}`,
    ],
    ['... seconds that one was held by nobody, at most', String(numbers.lost_slot_held_seconds_max)],
    ['slots all back after, seconds', String(numbers.recovery_seconds ?? 'not asked')],
    ...counts('lost', numbers.lost_slots_by_cause),
    ...counts('error', numbers.errors),
    ...counts('OUTSIDE THE TABLE', numbers.errors_outside_table),
    ...Object.entries(numbers.latency_milliseconds).map(latency),
  ];
  return rows.map(([what, value]) => `${what.padEnd(64)} ${value}`).join('\n');
}

function counts(what: string, all: Readonly<Record<string, number>>): [string, string][] {
  return Object.entries(all).map(([reason, count]) => [`${what}: ${reason}`, String(count)]);
}

function latency([kind, { count, p50, p90, p99, max }]: readonly [string, Percentiles]): [string, string] {
  return [`ms ${kind} (${count})`, `p50 ${p50}  p90 ${p90}  p99 ${p99}  max ${max}`];
}
