import { type CreateRecord, type HistoryEvent, isDenied } from './records.ts';

/** A time in which a name holds a slot of its workflow, or may. Milliseconds since 1970, both ends included. */
export interface SlotInterval {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** The execution, or the create that made none. */
  readonly request: string | undefined;
  readonly made: boolean;
  /** True for a create that was denied: it was under way, and held nothing. */
  readonly denied: boolean;
}

/**
 * By workflow: executions from the beginning of their create until they were seen settled or gone, and creates
 * that made none from beginning to end. A dry run never holds anything.
 */
export function slotIntervals(
  events: readonly HistoryEvent[],
  creates: ReadonlyMap<string, CreateRecord>,
): Map<string, SlotInterval[]> {
  const intervals = new Map<string, SlotInterval[]>();
  const add = (workflow: string, interval: SlotInterval): void => {
    const known = intervals.get(workflow);
    if (known === undefined) intervals.set(workflow, [interval]);
    else known.push(interval);
  };

  const open = new Map<
    string,
    { workflow: string; name: string; from: number; request: string | undefined }
  >();
  const made = new Set<string>();
  for (const event of events) {
    const { uid, name, workflow, receivedAt, request } = event;
    const holds = event.type !== 'DELETED' && !event.settled;
    const known = open.get(uid);
    if (known !== undefined && !holds) {
      open.delete(uid);
      add(known.workflow, { ...known, to: receivedAt, made: true, denied: false });
    }
    if (known !== undefined || !holds || workflow === undefined) continue;
    const from = creates.get(request ?? '')?.startedAt ?? receivedAt;
    open.set(uid, { workflow, name, from, request });
    if (request !== undefined) made.add(request);
  }
  for (const { workflow, ...rest } of open.values()) {
    add(workflow, { ...rest, to: Number.POSITIVE_INFINITY, made: true, denied: false });
  }
  for (const record of creates.values()) {
    if (record.operation === 'dryRun' || made.has(record.id)) continue;
    add(record.workflow, {
      name: record.name ?? record.id,
      from: record.startedAt,
      to: record.endedAt,
      request: record.id,
      made: false,
      denied: isDenied(record),
    });
  }
  return intervals;
}

/** The most names that held a slot at one instant of [from, to]. */
export function mostHeld(intervals: readonly SlotInterval[], from: number, to: number): number {
  const edges: { readonly at: number; readonly name: string; readonly change: 1 | -1 }[] = [];
  for (const interval of intervals) {
    if (interval.to < from || interval.from > to) continue;
    edges.push({ at: Math.max(from, interval.from), name: interval.name, change: 1 });
    edges.push({ at: interval.to, name: interval.name, change: -1 });
  }
  edges.sort((left, right) => left.at - right.at || right.change - left.change);
  const held = new Map<string, number>();
  let most = 0;
  for (const { name, change } of edges) {
    const count = (held.get(name) ?? 0) + change;
    if (count === 0) held.delete(name);
    else held.set(name, count);
    most = Math.max(most, held.size);
  }
  return most;
}
