import { type AdmissionJudgement, judgeAdmissions, type Violation } from './judge-admissions.ts';
import { judgeDenials, lostApplyRace, type UnjustifiedDenial } from './judge-denials.ts';
import type { LimitChanges } from './limit-changes.ts';
import type { LimitTimeline } from './limit-timeline.ts';
import { lostSlots, phantomSlots } from './lost-slots.ts';
import type { Observer } from './observer.ts';
import type { CreateRecord } from './records.ts';
import type { Recovery } from './recovery.ts';
import type { StormSettings } from './settings.ts';
import { slotIntervals } from './slot-intervals.ts';
import type { CountedStormLog } from './storm-log.ts';

/** What a storm has left to be judged. */
export interface StormEvidence {
  readonly settings: StormSettings;
  readonly observer: Pick<Observer, 'events' | 'resumed'>;
  readonly log: CountedStormLog;
  readonly limits: LimitTimeline;
  readonly changes: Pick<LimitChanges, 'count' | 'slowest'>;
  readonly kills: number;
  /** Without the recovery. */
  readonly seconds: number;
  readonly requests: number;
  readonly recovery: Recovery | undefined;
}

/** The numbers of one storm, under the names of the JSON file. */
export interface StormNumbers {
  /** The most executions that a workflow had active at one resourceVersion. */
  readonly max_active: number;
  /** The highest limit in force during a create. */
  readonly limit: number;
  readonly violations: number;
  /** Admitted creates during which every replica had the same limit: those are judged exactly, in per cent. */
  readonly judged_by_one_limit_percent: number;
  readonly unjustified_denials: number;
  /** Those that also are when a create that was itself denied is no reason to deny another. */
  readonly unjustified_denials_strict: number;
  /** Of the unjustified ones, those for which slots of lost apply races alone are to blame. */
  readonly unjustified_by_apply_races: number;
  readonly admitted: number;
  readonly denied: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly errors_outside_table: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly seconds: number;
  readonly clients: number;
  readonly workflows: number;
  readonly seed: number;
  readonly apply_races: boolean;
  readonly requests: number;
  readonly resource_versions: number;
  readonly watch_resumed: number;
  readonly limit_changes: number;
  readonly limit_change_seconds_max: number;
  readonly api_server_stopped_seconds: number;
  /** Slots for which an unjustified denial names a holder that held nothing. */
  readonly lost_slots: number;
  /** From a denial without a reason until the next create of the workflow was admitted. */
  readonly lost_slot_seconds_max: number;
  /** From when a slot should have been free until the last denial that says it is not. */
  readonly lost_slot_held_seconds_max: number;
  /** What the holders of lost slots were in truth. */
  readonly lost_slots_by_cause: Readonly<Record<string, number>>;
  readonly recovery_seconds: number | null;
  readonly recovery_whole_at_once: number | null;
  readonly workflows_left_short: number;
  readonly latency_milliseconds: Readonly<Record<string, Percentiles>>;
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** The numbers, the reasons to call the storm failed, and what to look at then. */
export interface StormResult {
  readonly numbers: StormNumbers;
  readonly failures: readonly string[];
  readonly violations: readonly Violation[];
  readonly unjustified: readonly UnjustifiedDenial[];
  readonly outsideTable: CountedStormLog['outsideTable'];
}

/** Of all denials, the share that may be unjustified while nobody is killed. */
const unjustifiedShare = 0.01;

/** Judges a storm. */
export function judgeStorm(evidence: StormEvidence): StormResult {
  const { settings, observer, log, limits, changes, recovery } = evidence;
  const admissions = judgeAdmissions(observer.events, log.creates, limits);
  const intervals = slotIntervals(observer.events, log.creates);
  const records = [...log.creates.values()];
  const inStorm = judgeDenials(
    records.filter(({ recovering }) => !recovering),
    intervals,
    limits,
  );
  const throughout = judgeDenials(records, intervals, limits);
  const lost = lostSlots(records, throughout.unjustifiedStrictly);
  const admitted = records.filter(isAdmitted);
  const hasOneLimit = ({ startedAt, endedAt }: CreateRecord): boolean =>
    limits.highest(startedAt, endedAt) === limits.lowest(startedAt, endedAt);
  const phantoms = phantomSlots(throughout.unjustifiedStrictly);

  const numbers: StormNumbers = {
    max_active: admissions.maxActive,
    limit: admissions.highestLimit,
    violations: admissions.violations.length,
    judged_by_one_limit_percent: round(
      (100 * admitted.filter(hasOneLimit).length) / Math.max(1, admitted.length),
    ),
    unjustified_denials: inStorm.unjustified.length,
    unjustified_denials_strict: inStorm.unjustifiedStrictly.length,
    unjustified_by_apply_races: inStorm.unjustified.filter(isByApplyRaces).length,
    admitted: admitted.length,
    denied: inStorm.denied,
    errors: sortedByKey(log.errors, (count) => count),
    errors_outside_table: Object.fromEntries(
      [...log.outsideTable].map(([reason, { count }]) => [reason, count]),
    ),
    kills: evidence.kills,
    seconds: round(evidence.seconds),
    clients: settings.clients,
    workflows: settings.workflows,
    seed: settings.seed,
    apply_races: settings.applyRaces,
    requests: evidence.requests,
    resource_versions: observer.events.length,
    watch_resumed: observer.resumed,
    limit_changes: changes.count,
    limit_change_seconds_max: round(changes.slowest / 1_000),
    api_server_stopped_seconds: settings.pauseSeconds,
    lost_slots: phantoms.length,
    lost_slot_seconds_max: round(Math.max(0, ...lost.map(({ from, to }) => to - from)) / 1_000),
    lost_slot_held_seconds_max: round(
      Math.max(0, ...phantoms.map(({ milliseconds }) => milliseconds)) / 1_000,
    ),
    lost_slots_by_cause: countBy(phantoms.map(({ cause }) => cause)),
    recovery_seconds: recovery === undefined ? null : round(recovery.seconds),
    recovery_whole_at_once: recovery?.wholeAtOnce ?? null,
    workflows_left_short: recovery?.short.length ?? 0,
    latency_milliseconds: sortedByKey(log.latencies, percentiles),
  };
  return {
    numbers,
    failures: failuresOf(numbers, settings, admissions),
    violations: admissions.violations,
    unjustified: inStorm.unjustifiedStrictly,
    outsideTable: log.outsideTable,
  };
}

function failuresOf(
  numbers: StormNumbers,
  { kills, pauseSeconds }: StormSettings,
  { violations }: AdmissionJudgement,
): string[] {
  const failures = violations
    .slice(0, 5)
    .map(
      ({ kind, workflow, name, active, limit, resourceVersion, operation }) =>
        `${kind}: ${name} of ${workflow} at ${resourceVersion} (${operation}), limit ${limit}, active ${active.join(', ')}`,
    );
  for (const [reason, count] of Object.entries(numbers.errors_outside_table)) {
    failures.push(`${count} answers outside the table: ${reason}`);
  }
  const share = numbers.unjustified_denials / Math.max(1, numbers.denied);
  if (!kills && pauseSeconds === 0 && share > unjustifiedShare) {
    failures.push(`${numbers.unjustified_denials} of ${numbers.denied} denials were unjustified`);
  }
  if (numbers.workflows_left_short > 0) {
    failures.push(`${numbers.workflows_left_short} workflows never had all their slots again`);
  }
  if (numbers.admitted === 0 || numbers.denied === 0)
    failures.push('nothing was admitted, or nothing denied');
  return failures;
}

function isByApplyRaces({ phantoms }: UnjustifiedDenial): boolean {
  return phantoms.length > 0 && phantoms.every(({ cause }) => cause.includes(lostApplyRace));
}

function isAdmitted({ answer, operation, recovering }: CreateRecord): boolean {
  return answer.ok && operation !== 'dryRun' && !recovering;
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { count: values.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

function sortedByKey<Value, Shown>(
  map: ReadonlyMap<string, Value>,
  show: (value: Value) => Shown,
): Record<string, Shown> {
  const entries = [...map].sort(([left], [right]) => left.localeCompare(right));
  return Object.fromEntries(entries.map(([key, value]) => [key, show(value)]));
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((left, right) => right[1] - left[1]));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
