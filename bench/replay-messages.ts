import type { LoadTarget } from './load-messages.ts';

/** One write of a script. Where its body names a resourceVersion or an owner's uid, the current one is put there. */
export interface ReplayWrite {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly contentType: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Scripts, each of which is sent write by write; so many of them at the same time, each by a client of its own. */
export interface ReplayOrder {
  readonly target: LoadTarget;
  readonly clients: number;
  readonly scripts: readonly (readonly ReplayWrite[])[];
}

/** What came of it. */
export interface ReplayOutcome {
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly writes: number;
  /** Writes that were refused with 429, because the webhook had not seen the slot freed, and sent again. */
  readonly repeated: number;
}
