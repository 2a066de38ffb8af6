import { allowed, deny, type Cause, type Verdict } from './verdict.ts';

/** What is known of a workflow's slots once a create of an execution was decided. */
export interface ParallelLimitFacts {
  readonly workflow: string;
  readonly enforcement: 'enforce' | 'warn' | 'audit';
  readonly outcome:
    | {
        readonly kind: 'admitted';
        readonly used: number;
        readonly limit: number;
        readonly overLimit: boolean;
      }
    | { readonly kind: 'limitReached'; readonly limit: number; readonly holders: readonly Holder[] };
}

interface Holder {
  readonly name: string;
  readonly state: 'active' | 'reserved';
}

/** Holders of slots that a refusal knows at most: enough to tell a person who they are; the count is in the limit. */
export const holdersKnown = 10;

/** Names that a message spells out; the causes have all that are known. */
const namesShown = 5;

/**
 * The verdict on a create, by the slots of its workflow. A denial is 429 TooManyRequests without a Retry-After:
 * client-go would obey it by blocking its caller, up to ten times.
 */
export function parallelLimit({ workflow, enforcement, outcome }: ParallelLimitFacts): Verdict {
  if (outcome.kind === 'limitReached') {
    const holders = outcome.holders.toSorted(byName);
    const message = limitReached(workflow, outcome.limit, holders);
    return deny(429, 'TooManyRequests', message, [
      { reason: 'ParallelLimitReached', message },
      ...holders.map(heldSlot),
    ]);
  }
  if (!outcome.overLimit) return allowed;
  const { used, limit } = outcome;
  const excess = `workflow "${workflow}" has ${used} active executions, its limit is ${limit}`;
  const auditAnnotations = { 'parallel-limit-exceeded': excess };
  if (enforcement === 'audit') return { decision: 'allow', auditAnnotations };
  return {
    decision: 'allow',
    auditAnnotations,
    // First: what is long is cut at its end.
    warnings: [`stepgate would refuse this in mode enforce: ${excess}`],
  };
}

/** In the order in which a person counts: step 2 before step 10. */
const inNumericOrder = new Intl.Collator('en', { numeric: true });

function byName(one: Holder, other: Holder): number {
  return inNumericOrder.compare(one.name, other.name);
}

function limitReached(workflow: string, limit: number, holders: readonly Holder[]): string {
  const shown = holders
    .slice(0, namesShown)
    .map(({ name, state }) => (state === 'active' ? name : `${name} (being created)`));
  const more = holders.length > shown.length ? ' and others' : '';
  const full =
    limit === 1
      ? 'may have 1 active execution and its slot is taken'
      : `may have ${limit} active executions and all of its slots are taken`;
  // Above the limit, after it was lowered for instance, one that settles makes no room.
  const fewer = limit === 1 ? 'none of them is active' : `fewer than ${limit} of them are active`;
  const room = holders.length > limit ? fewer : 'one of them has settled';
  return `Workflow "${workflow}" ${full}, by ${shown.join(', ')}${more}. Try again when ${room}.`;
}

function heldSlot({ name, state }: Holder): Cause {
  const message =
    state === 'active' ? `Execution "${name}" is active.` : `Execution "${name}" is being created.`;
  return { reason: 'SlotHeld', field: name, message };
}
