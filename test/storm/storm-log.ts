import { type Disturbances, isInTable } from './answer.ts';
import type { StormLog } from './executions-api.ts';
import type { Answer, CreateRecord, Operation } from './records.ts';

/** What the clients were told, counted. */
export interface CountedStormLog extends StormLog {
  /** Answers other than success and a denial for the limit, by operation and reason. */
  readonly errors: ReadonlyMap<string, number>;
  /** Of those, what the design's table of answers does not have: with an example of the message. */
  readonly outsideTable: ReadonlyMap<string, { count: number; readonly example: string }>;
  /** Milliseconds, by `create ok`, `create denied`, … */
  readonly latencies: ReadonlyMap<string, readonly number[]>;
  readonly requests: number;
}

/** An empty log; what belongs into the table depends on the disturbances. */
export function createStormLog(disturbances: Disturbances): CountedStormLog {
  const creates = new Map<string, CreateRecord>();
  const errors = new Map<string, number>();
  const outsideTable = new Map<string, { count: number; readonly example: string }>();
  const latencies = new Map<string, number[]>();
  let requests = 0;
  let serial = 0;

  function count(operation: Operation, { reason, message }: Answer): void {
    const key = `${operation}: ${reason}`;
    if (reason !== 'ok' && reason !== 'ParallelLimitReached') errors.set(key, (errors.get(key) ?? 0) + 1);
    if (isInTable(operation, reason, disturbances)) return;
    const known = outsideTable.get(key);
    if (known === undefined) outsideTable.set(key, { count: 1, example: message });
    else known.count += 1;
  }

  const log: CountedStormLog = {
    creates,
    errors,
    outsideTable,
    latencies,
    recovering: false,
    get requests() {
      return requests;
    },
    nextId: () => `c${(serial += 1)}`,
    answered(operation, answer, milliseconds) {
      requests += 1;
      count(operation, answer);
      if (log.recovering) return;
      const kind = `${operation} ${answer.ok ? 'ok' : answer.reason === 'ParallelLimitReached' ? 'denied' : 'error'}`;
      const known = latencies.get(kind);
      if (known === undefined) latencies.set(kind, [milliseconds]);
      else known.push(milliseconds);
    },
  };
  return log;
}
