import type { HistoryEvent } from '../storm/records.ts';

/** The most executions that a workflow (`namespace/name`) had active at any resourceVersion of the history. */
export function mostActive(events: readonly HistoryEvent[], workflow: string): number {
  const active = new Set<string>();
  let most = 0;
  for (const event of events) {
    if (event.workflow !== workflow) continue;
    if (event.type === 'DELETED' || event.settled) active.delete(event.uid);
    else active.add(event.uid);
    most = Math.max(most, active.size);
  }
  return most;
}
