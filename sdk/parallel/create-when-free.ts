import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { createAttemptAnnotation, kubernetesExecutionKind } from '../../src/api/names.ts';
import { type Backoff, createBackoff } from '../../src/kube/backoff.ts';
import { type Clock, systemClock } from '../../src/kube/clock.ts';
import { confirmingClient } from '../../src/kube/confirming-client.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus, KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { isNotYetReady } from '../../src/kube/not-yet-ready.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { unanswered } from '../../src/kube/unanswered.ts';
import { hasCause, isLimitReached } from './limit-reached.ts';
import type { SlotTicket } from './slot-line.ts';
import { SlotWaiters } from './slot-waiters.ts';
import { workflowOf } from './workflow-of.ts';

/** How to wait for a slot. */
export interface CreateWhenFreeOptions {
  /** Ends the waiting: the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Ends the waiting after so many milliseconds, with a SlotWaitTimeoutError. Default: none. */
  readonly timeout?: number;
  /**
   * What those share who wait in one process. Give the same one to all calls with the same client: they then wait in
   * one line, and a slot that becomes free wakes one of them. Default: every call waits by itself.
   */
  readonly waiters?: SlotWaiters;
  readonly clock?: Clock;
  /** Uniform in [0, 1); default Math.random. */
  readonly random?: () => number;
}

/** There was no slot in the time that was given; `cause` is the last refusal. */
export class SlotWaitTimeoutError extends Error {
  readonly code = 'SlotWaitTimeout';

  constructor(execution: string, milliseconds: number, options?: ErrorOptions) {
    super(`Execution ${execution} got no slot within ${milliseconds} ms`, options);
    this.name = 'SlotWaitTimeoutError';
  }
}

/** After failures that are nobody's fault, such as a webhook that cannot be reached. */
const retryWaits = { initialMilliseconds: 100, maximumMilliseconds: 10_000, factor: 2 };

/**
 * Creates an execution as soon as its workflow has a slot for it, and resolves with it as it is stored. A refusal for
 * want of a slot is waited out: a watch of the workflow's active executions tells when one is free. What may pass by
 * itself is tried again with growing waits. An answer that got lost is no second execution: the object carries an
 * annotation of this call, by which it is known again; for the same reason `generateName` is resolved here.
 *
 * @throws KubeStatusError for any other refusal: AlreadyExists for a name of others, 403 and 422 as admission says them
 * @throws SlotWaitTimeoutError after `timeout`; the signal's reason when it is aborted
 * @example
 * const stored = await createWhenFree(client, execution, { signal: AbortSignal.timeout(60_000) });
 */
export async function createWhenFree(
  client: KubeClient,
  execution: KubernetesExecution,
  options: CreateWhenFreeOptions = {},
): Promise<KubernetesExecution> {
  const { clock = systemClock, random = Math.random } = options;
  const waiters = options.waiters ?? new SlotWaiters({ client, clock, random });
  const deadline = startDeadline(execution, options, clock);
  const means = { client: confirmingClient(client, clock), clock, random, waiters, signal: deadline.signal };
  const call = new CreateCall(means, execution);
  try {
    return await call.run();
  } catch (error) {
    throw deadline.explain(error, call.lastRefusal);
  } finally {
    deadline.cancel();
  }
}

interface Means {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly waiters: SlotWaiters;
  readonly signal: AbortSignal;
}

class CreateCall {
  lastRefusal: unknown;
  readonly #means: Means;
  readonly #execution: KubernetesExecution;
  readonly #attempt: string;
  readonly #retries: Backoff;
  #name: string;
  /** A create of that name was sent whose outcome is not known. */
  #mayBeThere = false;

  constructor(means: Means, execution: KubernetesExecution) {
    this.#means = means;
    this.#execution = execution;
    this.#attempt = randomWord(means.random, 20);
    this.#retries = createBackoff(retryWaits, means.random);
    this.#name = this.#newName();
  }

  async run(): Promise<KubernetesExecution> {
    const { waiters, signal } = this.#means;
    const { namespace, workflow } = this.#place();
    if (!waiters.isWaitedFor(namespace, workflow)) {
      const created = await this.#ask();
      if (created !== undefined) return created;
    }
    const { line, leave } = waiters.join(namespace, workflow);
    const ticket = line.enter();
    try {
      return await this.#waitFor(ticket, signal);
    } finally {
      await leave();
    }
  }

  async #waitFor(ticket: SlotTicket, signal: AbortSignal): Promise<KubernetesExecution> {
    let created: KubernetesExecution | undefined;
    try {
      while (created === undefined) {
        await ticket.turn(signal);
        created = await this.#ask(() => ticket.pass());
      }
      return created;
    } finally {
      ticket.leave(created !== undefined);
    }
  }

  /** Undefined where there is no slot. `stuck` is told of each failure that has to do with no slot. */
  async #ask(stuck?: () => void): Promise<KubernetesExecution | undefined> {
    for (;;) {
      try {
        return await this.#create();
      } catch (error) {
        this.#means.signal.throwIfAborted();
        this.lastRefusal = error;
        if (isLimitReached(error)) return undefined;
        if (isKubeStatus(error, 409, 'AlreadyExists')) {
          const own = this.#mayBeThere ? await this.#own() : undefined;
          if (own !== undefined) return own;
          if (!this.#renamed()) throw error;
        } else if (!mayPass(error)) throw error;
        else {
          this.#mayBeThere = true;
          stuck?.();
          await this.#pauseAfter(error);
        }
      }
    }
  }

  #create(): Promise<KubernetesExecution> {
    const { client, signal } = this.#means;
    const { metadata } = this.#execution;
    const { generateName: _, ...rest } = metadata;
    const annotations = { ...metadata.annotations, [createAttemptAnnotation]: this.#attempt };
    const path = resourcePath(kubernetesExecutionKind, { namespace: this.#place().namespace });
    const body = { ...this.#execution, metadata: { ...rest, name: this.#name, annotations } };
    return client.request<KubernetesExecution>({ method: 'POST', path, body, signal });
  }

  /** What a create of this call has made, whose answer was lost. */
  async #own(): Promise<KubernetesExecution | undefined> {
    const { client, signal } = this.#means;
    const at = { namespace: this.#place().namespace, name: this.#name };
    const path = resourcePath(kubernetesExecutionKind, at);
    for (;;) {
      try {
        const found = await client.request<KubernetesExecution>({ method: 'GET', path, signal });
        return found.metadata.annotations?.[createAttemptAnnotation] === this.#attempt ? found : undefined;
      } catch (error) {
        if (isKubeStatus(error, 404)) return undefined;
        // It may be there, and hold a slot that nobody would know of.
        if (!mayPass(error)) throw error;
        await this.#pauseAfter(error);
      }
    }
  }

  async #pauseAfter(error: unknown): Promise<void> {
    const { clock, signal } = this.#means;
    const asked = error instanceof KubeStatusError ? (error.status.details?.retryAfterSeconds ?? 0) : 0;
    await clock.sleep(Math.max(this.#retries.next(), asked * 1_000), signal);
  }

  #newName(): string {
    const { name, generateName = '' } = this.#execution.metadata;
    return name ?? generateName + randomWord(this.#means.random, 5);
  }

  /** False for a name that was given. */
  #renamed(): boolean {
    if (this.#execution.metadata.name !== undefined) return false;
    this.#name = this.#newName();
    this.#mayBeThere = false;
    return true;
  }

  #place(): { readonly namespace: string; readonly workflow: string } {
    const { metadata, spec } = this.#execution;
    const namespace = metadata.namespace ?? 'default';
    // It is not stored yet, and has no uid: whose it is depends on neither.
    const stored = {
      ...metadata,
      namespace,
      name: this.#name,
      uid: '',
      resourceVersion: '',
    } as KubeObject['metadata'];
    return { namespace, workflow: workflowOf({ metadata: stored, spec }) ?? '' };
  }
}

/** True for failures that are not the object's fault. */
function mayPass(error: unknown): boolean {
  if (error instanceof KubeConnectionError)
    return error.reason === 'credentials' || unanswered(error) !== undefined;
  if (!(error instanceof KubeStatusError)) return false;
  const { code } = error.status;
  return code === 429 || code >= 500 || isNotYetReady(error) || hasCause(error, 'AuthorizerFailed');
}

/** Letters and digits as the API server's own generated names have them: no vowels. Source: apimachinery `rand.String`. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

function randomWord(random: () => number, length: number): string {
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)] ?? 'x').join('');
}

interface Deadline {
  readonly signal: AbortSignal;
  readonly cancel: () => void;
  /** The error that the caller gets: with what stood in the way, where the time was up. */
  readonly explain: (error: unknown, cause: unknown) => unknown;
}

function startDeadline(
  { metadata }: KubernetesExecution,
  { signal, timeout }: CreateWhenFreeOptions,
  clock: Clock,
): Deadline {
  const timeIsUp = new AbortController();
  const own = new Error('The time is up');
  const cancel = timeout === undefined ? () => {} : clock.setTimer(timeout, () => timeIsUp.abort(own));
  const name = metadata.name ?? `${metadata.generateName ?? ''}*`;
  return {
    signal: signal === undefined ? timeIsUp.signal : AbortSignal.any([signal, timeIsUp.signal]),
    cancel,
    explain: (error, cause) =>
      error === own ? new SlotWaitTimeoutError(name, timeout ?? 0, { cause }) : error,
  };
}
