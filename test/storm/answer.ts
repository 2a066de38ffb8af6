import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import type { Answer, Operation } from './records.ts';

/** The answer to a request that succeeded. */
export const okAnswer: Answer = { reason: 'ok', ok: true, holders: [], message: '' };

/** What a refusal or a lost connection says, under the name by which it is counted. Rethrows anything else. */
export function answerOf(error: unknown): Answer {
  if (error instanceof KubeConnectionError) {
    return { reason: `no answer: ${error.reason}`, ok: false, holders: [], message: error.message };
  }
  if (!(error instanceof KubeStatusError)) throw error;
  const { code, reason, message, details } = error.status;
  const causes = details?.causes ?? [];
  const holders = causes
    .filter((cause) => cause.reason === 'SlotHeld')
    .map(({ field = '', message: text = '' }) => ({ name: field, reserved: text.includes('being created') }));
  return { reason: nameOf(code, reason, causes[0]?.reason, message), ok: false, holders, message };
}

/** A reason of ours stands in the causes; the API server's own errors have a code and a reason. */
function nameOf(code: number, reason: string, cause: string | undefined, message: string): string {
  if (message.includes('failed calling webhook')) return `${code} failed calling webhook`;
  if (code === 429 && cause === 'ParallelLimitReached') return cause;
  if (code === 409 && reason === 'AlreadyExists') {
    // Ours comes before anything is reserved; the API server's after, so that a slot waits for its lifetime.
    return message.startsWith('admission webhook') ? reason : 'AlreadyExists, said by the API server';
  }
  if (code === 503 && cause !== undefined) return `503 ${cause}`;
  if (code === 500 && cause !== undefined) return `500 ${cause}`;
  return `${code} ${reason}`;
}

/** What happens to the cluster while clients work. */
export interface Disturbances {
  readonly kills: boolean;
  readonly pause: boolean;
}

const creates: readonly Operation[] = ['create', 'generateName', 'apply', 'duplicate', 'dryRun'];

/** Reasons of a 503 that the design's table of answers has: the watch behind, the journal, the workflow. */
const unavailable: ReadonlySet<string> = new Set([
  '503 WatchBehind',
  '503 JournalUnwritable',
  '503 JournalRecovering',
  '503 TooManyWaiting',
  '503 WorkflowUnreadable',
  '503 AdmissionDeadlineExceeded',
]);

/**
 * True for an answer that the design's table has for this operation under these disturbances. Anything else is a
 * failure of the storm.
 */
export function isInTable(operation: Operation, reason: string, { kills, pause }: Disturbances): boolean {
  if (creates.includes(operation)) {
    if (reason === 'ok' || reason === 'ParallelLimitReached' || unavailable.has(reason)) return true;
    // Of two applies that race the loser becomes an update: it must never hear that the name exists.
    if (reason.startsWith('AlreadyExists')) return operation !== 'apply';
  }
  if (reason === '500 failed calling webhook') return kills || pause;
  if (pause && isApiServersOwn(reason)) return true;
  switch (operation) {
    case 'move':
      // A label that is removed is put back by the webhook: that is `ok`, and the observer sees no move.
      return reason === 'ok' || reason === '422 Invalid' || reason === '404 NotFound';
    case 'revive':
      return reason === '422 Invalid' || reason === '404 NotFound';
    case 'settle':
      // Another client may have settled or deleted it first; settled is for ever.
      return reason === 'ok' || reason === '404 NotFound' || reason === '422 Invalid';
    case 'delete':
      return reason === 'ok' || reason === '404 NotFound';
    case 'create':
    case 'generateName':
    case 'apply':
    case 'duplicate':
    case 'dryRun':
      return false;
  }
}

/** While the API server is stopped nobody answers, and when it comes back it turns clients away for a while. */
function isApiServersOwn(reason: string): boolean {
  return (
    reason.startsWith('no answer: ') ||
    ['429 TooManyRequests', '500 InternalError', '503 ServiceUnavailable', '504 Timeout'].includes(reason)
  );
}
