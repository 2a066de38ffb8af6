import { hasReached } from '../../src/api/resource-version.ts';
import type { ActiveNames } from './execution-view.ts';
import type { Reservation } from './journal.ts';
import type { ExclusiveStep, SlotOutcome, SlotRequest } from './slot-request.ts';

/** What is known of the executions of the request's namespace. */
export interface StepFacts {
  readonly reservations: Iterable<Reservation>;
  readonly compactedThrough: string;
  /** The active executions of the workflow in a view at or past `compactedThrough`. */
  readonly active: ActiveNames;
}

/**
 * What keeps a request from its step, for no approved step has two active executions: those that the journal has
 * dropped are in the view, and a list says what they do; the journal has the others. Of a reservation without steps
 * it is known what it does once it is listed.
 */
export function stepObstacle(
  { step, name, workflow }: SlotRequest,
  { reservations, compactedThrough, active }: StepFacts,
): SlotOutcome | undefined {
  if (step === undefined) return undefined;
  const isKnown =
    step.listedAt === undefined ? isAlone(name, active) : hasReached(step.listedAt, compactedThrough);
  if (!isKnown) return { kind: 'listOutdated' };
  for (const reservation of reservations) {
    if (reservation.workflow !== workflow) continue;
    if (reservation.steps === undefined) return { kind: 'listOutdated' };
    if (reservation.name !== name && reservation.steps.includes(step.key))
      return { kind: 'stepTaken', holder: reservation.name };
  }
  return undefined;
}

/** Whether no execution of another name is active. */
export function isAlone(name: string, active: ActiveNames): boolean {
  return active.size === 0 || (active.size === 1 && active.has(name));
}

/**
 * The steps of a slot that one more create shares: any of the creates may be the one that lasts. Undefined where it
 * is not known of all of them.
 */
export function stepsWith(
  step: ExclusiveStep | undefined,
  shared: Reservation | undefined,
): readonly string[] | undefined {
  if (step === undefined) return undefined;
  if (shared === undefined) return [step.key];
  return shared.steps && [...new Set([...shared.steps, step.key])];
}
