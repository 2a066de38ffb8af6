import { describe, expect, it } from 'vitest';
import { workflowExecutionStatusSchema } from '../../src/api/workflow-execution.ts';
import { observed, planFacts } from '../../test/builders/plan-facts-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import type { PlanFacts } from './plan-facts.ts';
import { planWorkflow } from './plan-workflow.ts';
import { type Fields, readStatus } from './recorded-status.ts';
import { statusOfPlan } from './status-of-plan.ts';

const two = makeWorkflow('w')
  .step()
  .step({ dependencies: ['1'] });
const patchOf = (facts: PlanFacts): Fields | undefined => statusOfPlan(planWorkflow(facts), facts);
const listOf = (fields: Fields | undefined, field: string): readonly Fields[] =>
  (fields?.[field] ?? []) as readonly Fields[];
const stored = (facts: PlanFacts, more: Fields = {}): Fields =>
  Object.fromEntries(Object.entries({ ...more, ...patchOf(facts) }).filter(([, value]) => value !== null));

describe('statusOfPlan', () => {
  const active = { executions: [observed('w-step-1', 1, 'executing')] };

  it('is what the schema takes, in every phase', () => {
    for (const more of [
      {},
      active,
      { executions: [observed('w-step-1', 1, 'failed', { message: 'no' })] },
      { gate: { kind: 'waiting', message: 'approve' } as const },
      { slotsTaken: true },
      { trouble: 'away' },
    ]) {
      const parsed = workflowExecutionStatusSchema.safeParse(stored(planFacts(two, more)));
      expect(parsed.error).toBeUndefined();
    }
  });

  it('asks for nothing once it is stored', () => {
    const status = readStatus(stored(planFacts(two, active)));
    expect(patchOf(planFacts(two, { ...active, status, now: '2026-01-01T02:00:00Z' }))).toBeUndefined();
  });

  it('writes nothing for another attempt of an active step', () => {
    const status = readStatus(stored(planFacts(two, active)));
    const again = { executions: [observed('w-step-1', 1, 'executing', { attempts: 2 })] };
    expect(patchOf(planFacts(two, { ...again, status }))).toBeUndefined();
    const done = { executions: [observed('w-step-1', 1, 'completed', { attempts: 2 })] };
    expect(patchOf(planFacts(two, { ...done, status }))?.['stepStatuses']).toMatchObject([
      { attempts: 2 },
      {},
    ]);
  });

  it('keeps what is of others: in the status, in its steps, and among its conditions', () => {
    const theirs = {
      type: 'Theirs',
      status: 'True',
      reason: 'X',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const status = readStatus({
      note: 'theirs',
      conditions: [theirs],
      stepStatuses: [{ stepNumber: 1, note: 'theirs' }],
    });
    const patch = patchOf(planFacts(two, { ...active, status }));
    expect(patch).not.toHaveProperty('note');
    expect(patch?.['stepStatuses']).toMatchObject([{ stepNumber: 1, phase: 'active', note: 'theirs' }, {}]);
    expect(listOf(patch, 'conditions')[0]).toBe(theirs);
  });

  it('keeps what ran of a step that an edit has removed', () => {
    const removed = { stepNumber: 9, phase: 'completed', execution: 'w-step-9' };
    const never = { stepNumber: 8, phase: 'pending' };
    const status = readStatus({ stepStatuses: [removed, never] });
    const entries = listOf(patchOf(planFacts(two, { status })), 'stepStatuses');
    expect(entries.map(({ stepNumber }) => stepNumber)).toEqual([1, 2, 9]);
  });

  it('dates a condition by the change of its status, not of its words', () => {
    const facts = planFacts(makeWorkflow('w').steps(9), { limit: 2 });
    const status = readStatus(stored({ ...facts, slotsTaken: true }));
    const later = { ...facts, status, now: '2026-01-01T09:00:00Z' };
    const queued = (of: PlanFacts) => listOf(patchOf(of), 'conditions').find(({ type }) => type === 'Queued');
    const executions = [observed('w-step-1', 1), observed('w-step-2', 2)];
    expect(queued({ ...later, executions })).toMatchObject({
      status: 'True',
      lastTransitionTime: '2026-01-01T01:00:00Z',
      message: "7 steps wait: all of the workflow's slots (2) are taken",
    });
  });

  it('stays small enough for etcd when a thousand steps have much to say', () => {
    const executions = Array.from({ length: 1_000 }, (_, index) =>
      observed(`w-step-${index + 1}`, index + 1, 'failed', { message: 'm'.repeat(1_024) }),
    );
    const patch = patchOf(planFacts(makeWorkflow('w').steps(1_000), { executions }));
    expect(JSON.stringify(patch).length).toBeLessThan(500_000);
  });

  it('removes what is over: a message, a completion time', () => {
    const status = readStatus({ message: 'waits', completionTime: '2026-01-01T00:00:00Z' });
    expect(patchOf(planFacts(two, { ...active, status }))).toMatchObject({
      message: null,
      completionTime: null,
    });
  });
});
