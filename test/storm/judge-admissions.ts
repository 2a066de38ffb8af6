import type { LimitTimeline } from './limit-timeline.ts';
import type { CreateRecord, HistoryEvent } from './records.ts';

/** An execution that should not have come to be as it is. */
export interface Violation {
  readonly kind: 'over the limit' | 'came back from settled' | 'moved' | 'has no workflow';
  readonly resourceVersion: string;
  readonly receivedAt: number;
  readonly workflow: string;
  readonly name: string;
  /** Names that were active then, this one included. */
  readonly active: readonly string[];
  /** The highest limit in force during the create. */
  readonly limit: number;
  readonly operation: string;
}

/** What the history says. */
export interface AdmissionJudgement {
  readonly violations: readonly Violation[];
  /** The most executions that one workflow had active at one resourceVersion. */
  readonly maxActive: number;
  /** The highest limit in force during any create that made an execution. */
  readonly highestLimit: number;
}

/** An API server gives up a create after 34 s: one of which nobody knows the beginning began no earlier. */
const longestCreateMilliseconds = 34_000;

/**
 * Replays the history, and at each resourceVersion looks at what has become active: by a create, or by one of
 * the ways that must not exist. The limit of a create is the highest that was in force from its beginning until
 * its object was seen.
 */
export function judgeAdmissions(
  events: readonly HistoryEvent[],
  creates: ReadonlyMap<string, CreateRecord>,
  limits: LimitTimeline,
): AdmissionJudgement {
  const active = new Map<string, Map<string, string>>();
  const last = new Map<string, HistoryEvent>();
  const violations: Violation[] = [];
  let maxActive = 0;
  let highestLimit = 0;

  for (const event of events) {
    const before = last.get(event.uid);
    if (before?.workflow !== undefined) active.get(before.workflow)?.delete(event.uid);
    if (event.type === 'DELETED') last.delete(event.uid);
    else last.set(event.uid, event);

    const workflow = event.workflow ?? '';
    const names = active.get(workflow) ?? new Map<string, string>();
    active.set(workflow, names);
    const record = creates.get(event.request ?? '');
    const limit = limits.highest(
      record?.startedAt ?? event.receivedAt - longestCreateMilliseconds,
      event.receivedAt,
    );
    const violate = (kind: Violation['kind']): void => {
      const { resourceVersion, receivedAt, name } = event;
      const operation = record?.operation ?? 'unknown';
      violations.push({
        kind,
        resourceVersion,
        receivedAt,
        workflow,
        name,
        active: [...names.values()],
        limit,
        operation,
      });
    };
    if (event.workflow === undefined) violate('has no workflow');
    if (before !== undefined && before.workflow !== event.workflow) violate('moved');
    if (before?.settled === true && !event.settled) violate('came back from settled');
    if (event.type === 'DELETED' || event.settled) continue;

    names.set(event.uid, event.name);
    maxActive = Math.max(maxActive, names.size);
    if (before !== undefined) continue;
    highestLimit = Math.max(highestLimit, limit);
    if (names.size > limit) violate('over the limit');
  }
  return { violations, maxActive, highestLimit };
}
