import { lifetimeMilliseconds } from './virtual-replica.ts';
import type { VirtualApiServer } from './virtual-api-server.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A doubt is asked about once a second at most, so that its slot comes back that much late. */
const askAgainMilliseconds = 1_100;

/** An answer about a new name waits for a read or two and a write. */
const slowMilliseconds = 150;

/** A create that is under way. */
export interface UnderWay {
  readonly name: string;
  readonly workflow: string;
  readonly began: number;
  /** How many entries the workflow's log had before. */
  readonly position: number;
}

/** What must never be, seen from outside: the judge of a simulation. */
export interface Ledger {
  /** Counts the API server's restarts: a create does not survive one. */
  epoch: number;
  /** Executions that came to exist above the limit, or though their workflow had needed approval all the while. */
  readonly violations: string[];
  /** Denials while slots were free. */
  readonly unjustified: string[];
  /** Answers that took long, though nothing was to be waited for. */
  readonly slow: string[];
  /**
   * Names for which a create may be admitted that then fails: a create of it took seconds between its admission
   * and its storage, or no replica can know that it exists, because it settled while a watch was stuck.
   */
  readonly excusedNames: Set<string>;
  readonly counts: { created: number; denied: number };
  /** The limits in force, one for each replica. */
  limitsAre(limits: readonly number[]): void;
  begin(create: { readonly name: string; readonly workflow: string }): UnderWay;
  end(create: UnderWay): void;
  /** An admitted create did not happen, through no fault of ours: its slot is held for a lifetime. */
  excuse(workflow: string): void;
  /** Active executions and creates under way. */
  busy(workflow: string): number;
  created(create: UnderWay): void;
  /** A replica was asked about a name that nobody used before, and has answered. */
  answered(create: UnderWay, asked: number): void;
  denied(create: UnderWay): void;
  /** A write of a workflow was stored, or taken back by a restore. */
  workflowWritten(workflow: string, gated: boolean): void;
  /** Something else changed how many are active: a settled or deleted execution. */
  changed(workflow: string): void;
}

/**
 * `judgedWithin` is how old the knowledge may be that a denial rests on, in milliseconds; undefined judges
 * no denial.
 */
export function createLedger(
  time: VirtualTime,
  server: VirtualApiServer,
  judgedWithin: number | undefined,
): Ledger {
  const limitLog: { readonly at: number; readonly highest: number; readonly lowest: number }[] = [];
  const held = new Map<string, number>();
  const gatedSince = new Map<string, number>();
  const busyLog = new Map<string, { readonly at: number; readonly busy: number }[]>();

  function active(workflow: string): number {
    let count = 0;
    for (const execution of server.executions.values()) {
      if (execution.workflow === workflow && !execution.settled) count += 1;
    }
    return count;
  }

  function logOf(workflow: string): { readonly at: number; readonly busy: number }[] {
    const entries = busyLog.get(workflow) ?? [];
    busyLog.set(workflow, entries);
    return entries;
  }

  function busy(workflow: string): number {
    return active(workflow) + (held.get(workflow) ?? 0);
  }

  function log(workflow: string): void {
    logOf(workflow).push({ at: time.now(), busy: busy(workflow) });
  }

  function hold(workflow: string, change: 1 | -1): void {
    held.set(workflow, (held.get(workflow) ?? 0) + change);
    log(workflow);
  }

  function since<Entry extends { readonly at: number }>(
    entries: readonly Entry[],
    from: number,
  ): readonly Entry[] {
    const first = entries.findLastIndex((entry) => entry.at <= from);
    return entries.slice(Math.max(0, first));
  }

  const ledger: Ledger = {
    epoch: 0,
    violations: [],
    unjustified: [],
    slow: [],
    excusedNames: new Set(),
    counts: { created: 0, denied: 0 },
    limitsAre(limits) {
      limitLog.push({ at: time.now(), highest: Math.max(...limits), lowest: Math.min(...limits) });
    },
    begin({ name, workflow }) {
      const position = logOf(workflow).length;
      hold(workflow, 1);
      return { name, workflow, began: time.now(), position };
    },
    end({ workflow }) {
      hold(workflow, -1);
    },
    excuse(workflow) {
      if (judgedWithin === undefined) return;
      hold(workflow, 1);
      const delay = lifetimeMilliseconds + askAgainMilliseconds + judgedWithin;
      time.setTimer(delay, () => hold(workflow, -1));
    },
    created({ name, workflow, began }) {
      ledger.counts.created += 1;
      log(workflow);
      const limit = Math.max(...since(limitLog, began).map((entry) => entry.highest));
      const unapprovedSince = gatedSince.get(workflow);
      if (unapprovedSince !== undefined && unapprovedSince < began) {
        ledger.violations.push(
          `at ${time.now()} ms ${name} was created, ${workflow} needs approval since ${unapprovedSince} ms, it was sent at ${began} ms`,
        );
      }
      const count = active(workflow);
      if (count > limit) {
        ledger.violations.push(
          `at ${time.now()} ms ${name} made ${count} active in ${workflow}, the limit is ${limit}`,
        );
      }
    },
    answered({ name }, asked) {
      if (judgedWithin === undefined || time.now() - asked <= slowMilliseconds + judgedWithin) return;
      ledger.slow.push(`at ${time.now()} ms ${name} was answered after ${time.now() - asked} ms`);
    },
    denied({ name, workflow, began, position }) {
      ledger.counts.denied += 1;
      if (judgedWithin === undefined) return;
      const from = began - judgedWithin;
      const limit = Math.min(...since(limitLog, from).map((entry) => entry.lowest));
      const entries = logOf(workflow);
      const first = Math.max(
        0,
        entries.findLastIndex((entry) => entry.at <= from),
      );
      // From its begin the denied create itself is one of those under way.
      const others = entries
        .slice(first)
        .map(({ busy }, index) => (first + index < position ? busy : busy - 1));
      const busiest = Math.max(...others);
      if (busiest < limit) {
        ledger.unjustified.push(
          `at ${time.now()} ms ${name} was denied, ${busiest} of ${limit} slots of ${workflow} were taken`,
        );
      }
    },
    busy,
    workflowWritten(workflow, gated) {
      if (!gated) gatedSince.delete(workflow);
      else if (!gatedSince.has(workflow)) gatedSince.set(workflow, time.now());
    },
    changed: log,
  };
  return ledger;
}
