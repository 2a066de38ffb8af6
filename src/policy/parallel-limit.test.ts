import { describe, expect, it } from 'vitest';
import { type ParallelLimitFacts, parallelLimit } from './parallel-limit.ts';
import { allowed } from './verdict.ts';

function refused(names: readonly string[], limit = names.length, state: 'active' | 'reserved' = 'active') {
  const holders = names.map((name) => ({ name, state }));
  const verdict = parallelLimit({
    workflow: 'restart',
    enforcement: 'enforce',
    outcome: { kind: 'limitReached', limit, holders },
  });
  if (verdict.decision !== 'deny') throw new Error(`not denied but ${verdict.decision}`);
  return verdict;
}

function admitted(enforcement: ParallelLimitFacts['enforcement'], used: number, limit = 5) {
  const outcome = { kind: 'admitted', used, limit, overLimit: used > limit } as const;
  return parallelLimit({ workflow: 'restart', enforcement, outcome });
}

describe('a create that gets no slot', () => {
  it('is refused with the code that says to come back, and a cause for a machine and one for each holder', () => {
    const verdict = refused(['step-1', 'step-2']);
    expect(verdict).toMatchObject({ code: 429, reason: 'TooManyRequests' });
    expect(verdict.causes).toEqual([
      { reason: 'ParallelLimitReached', message: verdict.message },
      { reason: 'SlotHeld', field: 'step-1', message: 'Execution "step-1" is active.' },
      { reason: 'SlotHeld', field: 'step-2', message: 'Execution "step-2" is active.' },
    ]);
  });

  it('is told by whom the slots are held, as a person would count them', () => {
    expect(refused(['step-10', 'step-9', 'step-1']).message).toBe(
      'Workflow "restart" may have 3 active executions and all of its slots are taken, by ' +
        'step-1, step-9, step-10. Try again when one of them has settled.',
    );
  });

  it('is told of holders that are being created', () => {
    const { message, causes } = refused(['step-1'], 1, 'reserved');
    expect(message).toContain(
      'may have 1 active execution and its slot is taken, by step-1 (being created).',
    );
    expect(causes[1]?.message).toBe('Execution "step-1" is being created.');
  });

  it('is told five names and that there are more; the causes have all that are known', () => {
    const names = Array.from({ length: 10 }, (_, index) => `step-${index + 1}`);
    const { message, causes } = refused(names, 12);
    expect(message).toContain('by step-1, step-2, step-3, step-4, step-5 and others. Try again when one of');
    expect(causes).toHaveLength(11);
  });

  it('is told when there will be room again where more are active than the limit, because it was lowered', () => {
    expect(refused(['a', 'b', 'c', 'd', 'e', 'f'], 5).message).toContain(
      'by a, b, c, d, e and others. Try again when fewer than 5 of them are active.',
    );
    expect(refused(['a', 'b'], 1).message).toContain('by a, b. Try again when none of them is active.');
  });
});

describe('a create that is admitted', () => {
  it.each(['enforce', 'warn', 'audit'] as const)(
    'within the limit is admitted silently in mode %s',
    (mode) => {
      expect(admitted(mode, 5)).toBe(allowed);
    },
  );

  it('over the limit in mode warn warns the client, in one short line', () => {
    const verdict = admitted('warn', 6);
    expect(verdict).toMatchObject({
      decision: 'allow',
      warnings: [
        'stepgate would refuse this in mode enforce: workflow "restart" has 6 active executions, its limit is 5',
      ],
    });
  });

  it('over the limit in mode audit tells the audit log alone', () => {
    expect(admitted('audit', 6)).toEqual({
      decision: 'allow',
      auditAnnotations: {
        'parallel-limit-exceeded': 'workflow "restart" has 6 active executions, its limit is 5',
      },
    });
  });
});
