import type { ExecutionReader } from '../../webhook/journal/execution-view.ts';
import type { JournalMetrics } from '../../webhook/journal/journal-metrics.ts';
import type { JournalStore } from '../../webhook/journal/journal-store.ts';
import { createVirtualApiServer, type VirtualApiServer } from './virtual-api-server.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

/** A virtual API server in which nothing goes wrong but what a test asks for. */
export interface CalmWorld {
  readonly time: VirtualTime;
  readonly server: VirtualApiServer;
  readonly store: JournalStore;
  readonly reader: ExecutionReader;
  readonly metrics: JournalMetrics;
  /** Calls to the API server in their order: 'read', 'create', 'replace', 'get step-1', 'list'. */
  readonly calls: string[];
  /** What metrics were told: 'written 3', 'conflicted', 'restarted lost', 'degraded', 'reservations 2'. */
  readonly measured: string[];
  /** The next call whose first word this is fails with this error, before it does anything. */
  failNext(call: string, error: Error): void;
  /** Lets time pass until the promise is settled. Rejects after ten virtual minutes. */
  settled<Value>(promise: Promise<Value>): Promise<Value>;
}

/** Each call to the API server takes two milliseconds and is done in their middle. */
export function createCalmWorld(): CalmWorld {
  const time = createVirtualTime();
  const server = createVirtualApiServer();
  const calls: string[] = [];
  const measured: string[] = [];
  const failures = new Map<string, Error>();

  async function call<Answer>(name: string, action: () => Answer): Promise<Answer> {
    calls.push(name);
    await time.sleep(1);
    const verb = name.split(' ')[0] ?? name;
    const failure = failures.get(verb);
    if (failure !== undefined) {
      failures.delete(verb);
      throw failure;
    }
    const answer = action();
    await time.sleep(1);
    return answer;
  }

  return {
    time,
    server,
    calls,
    measured,
    store: {
      read: () => call('read', () => server.journal),
      create: (_namespace, content) => call('create', () => server.createJournal(content)),
      replace: (_namespace, base, content) => call('replace', () => server.replaceJournal(base, content)),
    },
    reader: {
      get: (_namespace, name) => call(`get ${name}`, () => server.get(name)),
      listActive: () => call('list', () => server.listActive()),
    },
    metrics: {
      written: (batchSize) => void measured.push(`written ${batchSize}`),
      conflicted: () => void measured.push('conflicted'),
      restarted: (reason) => void measured.push(`restarted ${reason}`),
      degraded: () => void measured.push('degraded'),
      reservations: (count) => void measured.push(`reservations ${count}`),
    },
    failNext: (name, error) => void failures.set(name, error),
    async settled(promise) {
      let done = false;
      const finish = (): void => void (done = true);
      promise.then(finish, finish);
      const deadline = time.now() + 600_000;
      await time.run(time.now());
      while (!done && time.now() < deadline) await time.run(time.now() + 1);
      if (!done) throw new Error('nothing came of it in ten minutes');
      return promise;
    },
  };
}
