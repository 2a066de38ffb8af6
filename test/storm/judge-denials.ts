import type { LimitTimeline } from './limit-timeline.ts';
import { type CreateRecord, type Holder, isDenied } from './records.ts';
import { mostHeld, type SlotInterval } from './slot-intervals.ts';

/** A denial for which there was no reason, and what the webhook took for one. */
export interface UnjustifiedDenial {
  readonly record: CreateRecord;
  /** The most slots that were held or asked for while it was under way. */
  readonly held: number;
  readonly limit: number;
  /** Holders that the denial names and that held nothing. */
  readonly phantoms: readonly Phantom[];
}

/**
 * An apply that lost the race for its name: it was admitted, and became an update. Nobody can know that its uid will
 * never exist.
 */
export const lostApplyRace = 'an apply that became an update';

/** A holder that held nothing. */
export interface Phantom extends Holder {
  readonly cause: string;
  /** When its create began or its execution was seen settled: milliseconds before the denied create began. */
  readonly since: number;
}

/** What is counted of denials. */
export interface DenialJudgement {
  readonly denied: number;
  /** As the definition has it: executions and all creates under way, those that were then denied as well. */
  readonly unjustified: readonly UnjustifiedDenial[];
  /** The same where a create that was denied itself is no reason to deny another one. */
  readonly unjustifiedStrictly: readonly UnjustifiedDenial[];
}

/** Judges every denial, dry runs too, by the lowest limit that was in force. */
export function judgeDenials(
  records: readonly CreateRecord[],
  intervals: ReadonlyMap<string, readonly SlotInterval[]>,
  limits: LimitTimeline,
): DenialJudgement {
  const denials = records.filter(isDenied);
  const judge = (counts: (interval: SlotInterval) => boolean): UnjustifiedDenial[] =>
    denials.flatMap((record) => {
      const { startedAt, endedAt } = record;
      const all = intervals.get(record.workflow) ?? [];
      const others = all.filter((interval) => interval.request !== record.id && counts(interval));
      const held = mostHeld(others, startedAt, endedAt);
      const limit = limits.lowest(startedAt, endedAt);
      if (held >= limit) return [];
      return [{ record, held, limit, phantoms: phantomsOf(record, all, records) }];
    });
  return {
    denied: denials.length,
    unjustified: judge(() => true),
    unjustifiedStrictly: judge((interval) => !interval.denied),
  };
}

function phantomsOf(
  denial: CreateRecord,
  intervals: readonly SlotInterval[],
  records: readonly CreateRecord[],
): Phantom[] {
  return denial.answer.holders.flatMap((holder) => {
    const ofName = intervals.filter((interval) => interval.name === holder.name && !interval.denied);
    if (ofName.some(({ from, to }) => from <= denial.endedAt && to >= denial.startedAt)) return [];
    const before = ofName.filter(({ to }) => to < denial.startedAt);
    const made = before.filter((interval) => interval.made);
    const failed = before.filter((interval) => !interval.made && !wasToldThatNameExists(interval, records));
    const since = Math.max(...made.map(({ to }) => to), ...failed.map(({ from }) => from));
    const causes = [
      ...(made.length > 0 ? ['an execution that had settled or gone'] : []),
      ...new Set(failed.map((interval) => describe(interval, records))),
    ];
    const cause = causes.length === 0 ? 'a create whose name nobody was told' : causes.join(', and ');
    return [{ ...holder, cause, since: denial.startedAt - since }];
  });
}

/** Our own 409 comes before anything is reserved. */
function wasToldThatNameExists({ request }: SlotInterval, records: readonly CreateRecord[]): boolean {
  return records.some(({ id, answer }) => id === request && answer.reason === 'AlreadyExists');
}

/** A create that made no execution. */
function describe({ request }: SlotInterval, records: readonly CreateRecord[]): string {
  const { operation = 'create', answer } = records.find(({ id }) => id === request) ?? {};
  return operation === 'apply' && answer?.ok === true
    ? lostApplyRace
    : `${operation} answered ${answer?.reason ?? 'nothing'}`;
}
