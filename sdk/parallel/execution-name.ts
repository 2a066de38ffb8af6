import { createHash } from 'node:crypto';
import { objectNameMaxLength } from '../../src/api/object-name.ts';

/** What an execution is for: to do its step, or to undo it. */
export type ExecutionPurpose = 'step' | 'rollback';

const hashLength = 10;

/**
 * The name of a step's execution: `<workflow>-step-<n>`, or `<workflow>-step-<n>-rollback` for the one that undoes it.
 * A name that an object cannot have, because it is too long, is cut and gets a part of its own hash: the same
 * workflow and step always have the same name.
 */
export function executionName(
  workflow: string,
  stepNumber: number,
  purpose: ExecutionPurpose = 'step',
): string {
  const suffix = `-step-${stepNumber}${purpose === 'rollback' ? '-rollback' : ''}`;
  const whole = `${workflow}${suffix}`;
  if (whole.length <= objectNameMaxLength) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, hashLength);
  const room = objectNameMaxLength - suffix.length - hashLength - 1;
  // A part between dots ends with a letter or a digit.
  const cut = workflow.slice(0, room).replace(/[-.]+$/, '');
  return `${cut}-${hash}${suffix}`;
}
