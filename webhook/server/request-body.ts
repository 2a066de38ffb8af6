/** Reads a request's body: all of it, in time, within bounds, or not at all. */
import type { IncomingMessage } from 'node:http';
import { ClientGoneError } from '../../src/http/client-gone-error.ts';
import { HttpRefusal } from '../../src/http/http-refusal.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { BodyBudget, BudgetShare } from './body-budget.ts';

export interface BodyBounds {
  readonly maximumBytes: number;
  /** From now to the last byte. */
  readonly deadlineMilliseconds: number;
  readonly budget: BodyBudget;
  readonly clock: Pick<Clock, 'setTimer'>;
}

/** A body in memory. It counts against the budget until it is released, so release it in a `finally`. */
export interface HeldBody {
  readonly bytes: Uint8Array;
  readonly release: () => void;
}

/**
 * The body of `request`.
 * @throws HttpRefusal 413 (larger than allowed, or given up for the budget) or 408 (too slow)
 * @throws ClientGoneError
 */
export async function readBody(request: IncomingMessage, bounds: BodyBounds): Promise<HeldBody> {
  const declared = declaredLength(request);
  if (declared !== undefined && declared > bounds.maximumBytes) throw tooLarge(bounds.maximumBytes);
  const { promise, resolve, reject } = Promise.withResolvers<HeldBody>();
  const share = bounds.budget.open(() => reject(crowdedOut()));
  const collected = collectBytes(share, declared, bounds.maximumBytes);

  const onData = (chunk: Buffer): void => {
    const refusal = collected.add(chunk);
    if (refusal !== undefined) reject(refusal);
  };
  const onEnd = (): void => {
    share.arrived();
    // It closes before anybody goes on, and an error that nobody gets costs its stack.
    request.off('close', onGone);
    resolve({ bytes: collected.bytes(), release: share.release });
  };
  const onGone = (): void => reject(new ClientGoneError('the client closed the connection within its body'));
  const cancelTimer = bounds.clock.setTimer(bounds.deadlineMilliseconds, () => reject(tooSlow(bounds)));
  request.on('data', onData);
  request.once('end', onEnd);
  request.once('close', onGone);
  // Followed by 'close'. Node tells it to listeners alone, but an error that nobody hears may end a process.
  request.on('error', onGone);
  try {
    return await promise;
  } catch (error) {
    share.release();
    throw error;
  } finally {
    cancelTimer();
    request.off('data', onData);
    request.off('end', onEnd);
    request.off('close', onGone);
  }
}

interface Collected {
  /** Takes a chunk, or tells why not. */
  readonly add: (chunk: Buffer) => HttpRefusal | undefined;
  readonly bytes: () => Uint8Array;
}

/**
 * Gathers chunks in one growing buffer, because a list of them costs a hundred bytes for each: a client that
 * sends single bytes would take a hundred times what it is charged. A body in one chunk is not copied.
 */
function collectBytes(share: BudgetShare, declared: number | undefined, maximumBytes: number): Collected {
  let buffer: Buffer | undefined;
  let length = 0;
  return {
    add(chunk) {
      const needed = length + chunk.length;
      if (needed > maximumBytes) return tooLarge(maximumBytes);
      if (buffer === undefined && needed === declared) {
        if (!share.grow(needed)) return crowdedOut();
        buffer = chunk;
      } else {
        const capacity = buffer?.length ?? 0;
        if (needed > capacity) {
          const larger = Math.min(Math.max(needed, 2 * capacity), declared ?? maximumBytes);
          if (!share.grow(larger - capacity)) return crowdedOut();
          const grown = Buffer.allocUnsafeSlow(larger);
          buffer?.copy(grown, 0, 0, length);
          buffer = grown;
        }
        chunk.copy(buffer ?? chunk, length);
      }
      length = needed;
      return undefined;
    },
    bytes: () => buffer?.subarray(0, length) ?? Buffer.alloc(0),
  };
}

/** Node's parser lets only digits through as a Content-Length. */
function declaredLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

function tooLarge(maximumBytes: number): HttpRefusal {
  return new HttpRefusal(413, `the body is larger than ${maximumBytes} bytes`);
}

function crowdedOut(): HttpRefusal {
  return new HttpRefusal(
    413,
    'the body is too large for now: larger than the others that arrive at the same time',
  );
}

function tooSlow(bounds: BodyBounds): HttpRefusal {
  return new HttpRefusal(408, `the body was not complete after ${bounds.deadlineMilliseconds} ms`);
}
