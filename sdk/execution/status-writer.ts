import { isDeepStrictEqual } from 'node:util';
import type { KubernetesExecutionStatus } from '../../src/api/kubernetes-execution.ts';
import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import { createBackoff } from '../../src/kube/backoff.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeLogger } from '../../src/kube/kube-logger.ts';
import { isKubeStatus, KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { StoredExecution } from './stored-execution.ts';

/** Why a status cannot be written any more. */
export class StatusWriteError extends Error {
  readonly code = 'StatusWrite';
  /**
   * - `gone`: the execution does not exist any more
   * - `not-ours`: it was settled, or taken over, by another
   * - `refused`: the API server does not take what was to be written
   */
  readonly reason: 'gone' | 'not-ours' | 'refused';

  constructor(reason: StatusWriteError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StatusWriteError';
    this.reason = reason;
  }
}

/** Writes the status of one execution. */
export interface StatusWriter {
  /** The execution as it was last read or written. */
  readonly current: StoredExecution;
  /**
   * Writes what `change` makes of the status, again and again while the API server is away, until the signal is
   * aborted; one try is made even then. Writes of one writer happen one after the other.
   * @throws StatusWriteError, or what the last try threw once the signal is aborted
   */
  write(change: StatusChange, signal: AbortSignal): Promise<void>;
}

export type StatusChange = (status: KubernetesExecutionStatus) => KubernetesExecutionStatus;

export interface StatusWriterOptions {
  readonly client: KubeClient;
  readonly execution: StoredExecution;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: KubeLogger;
}

/** Two controllers may both believe to lead: each write names the version that it changes, and none revives. */
export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  return new VersionedWriter(options);
}

class VersionedWriter implements StatusWriter {
  current: StoredExecution;
  readonly #options: StatusWriterOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.current = options.execution;
  }

  write(change: StatusChange, signal: AbortSignal): Promise<void> {
    const written = this.#last.then(() => this.#write(change, signal));
    this.#last = written.catch(() => {});
    return written;
  }

  async #write(change: StatusChange, signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    const backoff = createBackoff(
      { initialMilliseconds: 100, maximumMilliseconds: 10_000, factor: 2 },
      random,
    );
    for (let conflicts = 0; ;) {
      const wanted = change(this.current.status ?? {});
      try {
        this.current = await this.#put(wanted);
        return;
      } catch (error) {
        if (isKubeStatus(error, 404)) throw new StatusWriteError('gone', 'It is gone', { cause: error });
        if (isRefusal(error))
          throw new StatusWriteError('refused', (error as Error).message, { cause: error });
        if (isKubeStatus(error, 409)) {
          if (await this.#reread(wanted, signal)) return;
          conflicts += 1;
          // Once is what happens; again and again, somebody else writes as fast as this.
          if (conflicts === 1) continue;
        }
        if (signal.aborted) throw error;
        const { namespace, name } = this.current.metadata;
        logger.warn({ namespace, name, err: error }, 'A status could not be written; trying again');
      }
      await clock.sleep(backoff.next(), signal);
    }
  }

  /** No more than the identity and the status is sent: parameters may have a megabyte. */
  #put(status: KubernetesExecutionStatus): Promise<StoredExecution> {
    const { group, version, kind } = kubernetesExecutionKind;
    const { namespace, name, uid, resourceVersion } = this.current.metadata;
    return this.#options.client.request<StoredExecution>({
      method: 'PUT',
      path: this.#path('status'),
      body: {
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { namespace, name, uid, resourceVersion },
        status,
      },
      timeoutMilliseconds: 10_000,
    });
  }

  /**
   * After a conflict: what is stored now. True when it is what was wanted, because the answer to an earlier try was
   * lost; false when the write is to be made again on what is stored.
   */
  async #reread(wanted: KubernetesExecutionStatus, signal: AbortSignal): Promise<boolean> {
    const { clock, random } = this.#options;
    const backoff = createBackoff(
      { initialMilliseconds: 100, maximumMilliseconds: 10_000, factor: 2 },
      random,
    );
    const before = this.current;
    for (;;) {
      try {
        const stored = await this.#options.client.request<StoredExecution>({
          method: 'GET',
          path: this.#path(),
          timeoutMilliseconds: 10_000,
        });
        if (stored.metadata.uid !== before.metadata.uid)
          throw new StatusWriteError('gone', 'Another one has its name');
        if (isDeepStrictEqual(runOf(stored.status), runOf(wanted))) {
          this.current = stored;
          return isSettledExecutionPhase(wanted.phase);
        }
        if (!isDeepStrictEqual(runOf(stored.status), runOf(before.status)))
          throw new StatusWriteError(
            'not-ours',
            `Another has written its status: ${runOf(stored.status).phase}`,
          );
        this.current = stored;
        return false;
      } catch (error) {
        if (isKubeStatus(error, 404)) throw new StatusWriteError('gone', 'It is gone', { cause: error });
        if (error instanceof StatusWriteError || signal.aborted) throw error;
      }
      await clock.sleep(backoff.next(), signal);
    }
  }

  #path(subresource?: string): string {
    const { namespace, name } = this.current.metadata;
    return resourcePath(kubernetesExecutionKind, { namespace, name, subresource });
  }
}

/** What tells one run of an execution from another. Other fields may be written by others at any time. */
function runOf({ phase, attempts, executor }: KubernetesExecutionStatus = {}) {
  return { phase, attempts, executor };
}

/** What will be refused each time: it does not fit the schema, or is too large. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof KubeStatusError)) return false;
  return [400, 413, 422].includes(error.status.code) || /too large/i.test(error.status.message);
}
