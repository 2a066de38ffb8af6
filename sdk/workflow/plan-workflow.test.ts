import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observed, planFacts } from '../../test/builders/plan-facts-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import type { PlanFacts } from './plan-facts.ts';
import { planWorkflow, type WorkflowPlan } from './plan-workflow.ts';
import { readStatus } from './recorded-status.ts';

const names = (plan: WorkflowPlan) => plan.creates.map(({ name }) => name);
const phases = (plan: WorkflowPlan) => plan.steps.map(({ phase }) => phase);
const counts = ({ activeSteps, queuedSteps }: WorkflowPlan) => [activeSteps, queuedSteps];
const recorded = (...stepStatuses: readonly object[]) => ({ status: readStatus({ stepStatuses }) });
const step = (number: number, phase?: string, more = {}) => observed(`w-step-${number}`, number, phase, more);
const undoing = (number: number, phase?: string, more = {}) =>
  observed(`w-step-${number}-rollback`, number, phase, more);
const ten = makeWorkflow('w').steps(10);

describe('the slots', () => {
  it('go to the first steps of the spec', () => {
    const plan = planWorkflow(planFacts(ten));
    expect(names(plan)).toEqual([1, 2, 3, 4, 5].map((number) => `w-step-${number}`));
    expect(plan.phase).toBe('pending');
    expect(counts(plan)).toEqual([0, 10]);
  });

  it('are those that nobody has taken: active ones count, whoever has made them, settled ones do not', () => {
    const executions = [
      step(1),
      step(2, 'executing'),
      step(3, 'completed'),
      observed('by-hand', 77, 'executing', { ownerUid: undefined }),
      observed('of-an-earlier-one', 4, 'executing', { ownerUid: 'before' }),
      step(4, 'completed', { name: 'gone', departed: true }),
      step(5, 'executing', { name: 'gone-too', departed: true }),
    ];
    const plan = planWorkflow(planFacts(ten, { executions }));
    expect(names(plan)).toEqual(['w-step-4']);
    expect(counts(plan)).toEqual([4, 7]);
    expect(plan.phase).toBe('executing');
  });

  it('are never fewer than none, after the limit was lowered', () => {
    const executions = [step(1), step(2), step(3)];
    const plan = planWorkflow(planFacts(ten, { executions, limit: 2 }));
    expect(plan.creates).toEqual([]);
    expect(counts(plan)).toEqual([3, 7]);
  });

  it('are not asked for while a refusal holds', () => {
    const plan = planWorkflow(planFacts(ten, { executions: [step(1)], slotsTaken: true }));
    expect(plan.creates).toEqual([]);
    expect(counts(plan)).toEqual([1, 9]);
    expect(phases(plan)).toEqual(['active', ...Array.from({ length: 9 }, () => 'queued')]);
  });
});

describe('dependencies', () => {
  const diamond = makeWorkflow('w')
    .step()
    .step({ dependencies: ['1'] })
    .step({ dependencies: ['1'] })
    .step({ dependencies: ['2', '3'] });

  it('hold a step until all of them are completed', () => {
    expect(names(planWorkflow(planFacts(diamond)))).toEqual(['w-step-1']);
    const second = planWorkflow(planFacts(diamond, { executions: [step(1, 'completed')] }));
    expect(names(second)).toEqual(['w-step-2', 'w-step-3']);
    expect(phases(second)).toEqual(['completed', 'queued', 'queued', 'pending']);
    const executions = [step(1, 'completed'), step(2, 'completed'), step(3, 'executing')];
    const third = planWorkflow(planFacts(diamond, { executions }));
    expect(names(third)).toEqual([]);
    expect(counts(third)).toEqual([1, 0]);
  });

  it.each(['failed', 'rollback_ready'])('are skipped with all that need them after one is %s', (phase) => {
    const executions = [step(1, 'completed'), step(2, phase), step(3, 'executing')];
    const plan = planWorkflow(planFacts(diamond, { executions }));
    expect(phases(plan)).toEqual(['completed', phase, 'active', 'skipped']);
    expect(plan.steps[3]?.message).toBe('Step 2, which it depends on, has not completed');
    const done = planWorkflow(
      planFacts(diamond, { executions: [...executions.slice(0, 2), step(3, 'completed')] }),
    );
    expect(done.phase).toBe('completed');
    expect(done.message).toBe('2 of 4 steps completed; failed: 2; skipped: 4');
  });

  it('go by what an execution says now: a phase may change among the settled ones', () => {
    const before = planWorkflow(planFacts(diamond, { executions: [step(1, 'failed')] }));
    expect(phases(before)).toEqual(['failed', 'skipped', 'skipped', 'skipped']);
    const facts = { executions: [step(1, 'completed')], ...recorded({ stepNumber: 2, phase: 'skipped' }) };
    expect(names(planWorkflow(planFacts(diamond, facts)))).toEqual(['w-step-2', 'w-step-3']);
  });

  it('may be a thousand steps deep', () => {
    const plan = planWorkflow(planFacts(makeWorkflow('w').chain(1000), { executions: [step(1, 'failed')] }));
    expect(plan.steps.filter(({ phase }) => phase === 'skipped')).toHaveLength(999);
    expect(plan.phase).toBe('completed');
  });
});

describe('what is recorded', () => {
  const two = makeWorkflow('w').steps(2);

  it('keeps a settled step from running again when its execution is gone', () => {
    const done = { stepNumber: 1, phase: 'completed', execution: 'w-step-1' };
    const plan = planWorkflow(planFacts(two, recorded(done)));
    expect(names(plan)).toEqual(['w-step-2']);
    expect(phases(plan)).toEqual(['completed', 'queued']);
  });

  it('asks what became of an execution that was there and is not seen', () => {
    const facts = recorded({ stepNumber: 1, phase: 'active', execution: 'w-step-1' });
    const plan = planWorkflow(planFacts(two, facts));
    expect(plan.lost).toEqual(['w-step-1']);
    expect(names(plan)).toEqual(['w-step-2']);
    const known = planWorkflow(planFacts(two, { ...facts, gone: new Set(['w-step-1']) }));
    expect(known.lost).toEqual([]);
    expect(known.steps[0]).toMatchObject({
      phase: 'failed',
      message: 'Execution w-step-1 was deleted before it had settled',
    });
  });

  it('of a newer version, or nonsense, is no reason to run a step twice, nor to fail', () => {
    const facts = recorded(
      { stepNumber: 1, phase: 'sublimated', execution: 'w-step-1' },
      { stepNumber: 'x' },
    );
    expect(planWorkflow(planFacts(two, facts)).lost).toEqual(['w-step-1']);
    for (const status of [null, 7, 'x', [], { stepStatuses: 3 }, { stepStatuses: [null], phase: 'x' }])
      expect(names(planWorkflow(planFacts(two, { status: readStatus(status) })))).toHaveLength(2);
  });

  it('of a deleted execution is its last word', () => {
    const completed = { executions: [step(1, 'completed', { departed: true })] };
    expect(phases(planWorkflow(planFacts(two, completed)))).toEqual(['completed', 'queued']);
    const active = { executions: [step(1, 'executing', { departed: true })] };
    expect(phases(planWorkflow(planFacts(two, active)))).toEqual(['failed', 'queued']);
  });
});

describe('whose execution it is', () => {
  const two = makeWorkflow('w').steps(2);

  it("takes a stranger's execution of the step's name for the step's", () => {
    const plan = planWorkflow(
      planFacts(two, { executions: [step(1, 'completed', { ownerUid: undefined })] }),
    );
    expect(phases(plan)).toEqual(['completed', 'queued']);
  });

  it('waits for those of an earlier workflow of the same name to go', () => {
    for (const phase of ['executing', 'completed']) {
      for (const more of [
        { ownerUid: 'before' },
        { ownerUid: undefined, createdAt: '2025-12-31T23:59:59Z' },
      ]) {
        const plan = planWorkflow(planFacts(two, { executions: [step(1, phase, more)] }));
        expect(names(plan)).toEqual(['w-step-2']);
        expect(plan.steps[0]).toMatchObject({ phase: 'queued', blocked: { reason: 'EarlierExecution' } });
      }
    }
  });

  it('fails a step whose name another step has', () => {
    const plan = planWorkflow(planFacts(two, { executions: [observed('w-step-1', 9)] }));
    expect(plan.steps[0]).toMatchObject({
      phase: 'failed',
      message: 'Execution w-step-1 exists and does step 9, not step 1',
    });
  });
});

describe('obstacles', () => {
  const two = makeWorkflow('w').steps(2);

  it('that stay fail the step', () => {
    const obstacles = new Map([['w-step-1', { kind: 'refused', message: 'no such parameter' }]] as const);
    const plan = planWorkflow(planFacts(two, { obstacles }));
    expect(plan.steps[0]).toMatchObject({ phase: 'failed', message: 'no such parameter' });
    expect(names(plan)).toEqual(['w-step-2']);
  });

  it('that pass queue it', () => {
    const obstacle = { kind: 'blocked', reason: 'StepTaken', message: 'by another' } as const;
    const plan = planWorkflow(planFacts(two, { obstacles: new Map([['w-step-1', obstacle]]) }));
    expect(phases(plan)).toEqual(['queued', 'queued']);
    expect(names(plan)).toEqual(['w-step-2']);
    expect(plan.queuedSteps).toBe(2);
  });
});

describe('a workflow that may not run', () => {
  it('waits for approval with nothing queued', () => {
    const gate = { kind: 'waiting', message: 'approve it' } as const;
    const plan = planWorkflow(planFacts(ten, { gate }));
    expect(plan).toMatchObject({
      phase: 'awaiting_approval',
      queuedSteps: 0,
      creates: [],
      message: 'approve it',
    });
    expect(new Set(phases(plan))).toEqual(new Set(['pending']));
  });

  it('asks with one create whether it may', () => {
    const facts = planFacts(ten);
    const workflow = { ...facts.workflow, mayNeedApproval: true };
    expect(names(planWorkflow({ ...facts, workflow }))).toEqual(['w-step-1']);
  });

  it('is paused: what is active goes on, what is ready is queued', () => {
    const plan = planWorkflow(planFacts(ten.withSpec({ paused: true }), { executions: [step(1)] }));
    expect(plan).toMatchObject({ phase: 'paused', activeSteps: 1, queuedSteps: 9, creates: [] });
  });

  it('fails where its spec cannot be run', () => {
    const facts = planFacts(ten);
    const plan = planWorkflow({ ...facts, workflow: { ...facts.workflow, steps: [], invalid: 'a circle' } });
    expect(plan).toMatchObject({ phase: 'failed', message: 'The workflow cannot be run: a circle' });
  });

  it('is completed at once where it has no steps', () => {
    expect(planWorkflow(planFacts(makeWorkflow('w'))).phase).toBe('completed');
  });

  it('is not over before the executions of others are', () => {
    const executions = [step(1, 'completed'), observed('by-hand', 9)];
    expect(planWorkflow(planFacts(makeWorkflow('w').step(), { executions })).phase).toBe('executing');
  });
});

describe('a critical step that fails', () => {
  const rollbackSpec = { action: 'undo' };
  const workflow = makeWorkflow('w')
    .step({ rollbackSpec })
    .step({ rollbackSpec, dependencies: ['1'] })
    .step({ criticalStep: true, rollbackSpec })
    .step({ dependencies: ['3'] })
    .step({ rollbackSpec });
  const ran = [
    step(1, 'completed', { completedAt: '2026-01-01T00:00:05Z' }),
    step(2, 'completed', { completedAt: '2026-01-01T00:00:05Z' }),
    step(3, 'failed', { completedAt: '2026-01-01T00:00:04Z' }),
  ];
  const plan = (...more: ReturnType<typeof step>[]) =>
    planWorkflow(planFacts(workflow, { executions: [...ran, ...more] }));

  it('lets what is active go on, and starts nothing more', () => {
    const waiting = plan(step(5, 'executing'));
    expect(waiting).toMatchObject({ phase: 'executing', creates: [], halted: true, queuedSteps: 0 });
    expect(phases(waiting)).toEqual(['completed', 'completed', 'failed', 'skipped', 'active']);
  });

  it('undoes what was done, the last completed first, one at a time', () => {
    const last = step(5, 'completed', { completedAt: '2026-01-01T00:00:09Z' });
    const first = plan(last);
    expect(first).toMatchObject({ phase: 'rolling_back', queuedSteps: 1 });
    expect(names(first)).toEqual(['w-step-5-rollback']);
    expect(first.steps[4]?.rollback).toBe('queued');
    const running = plan(last, undoing(5, 'executing'));
    expect(running).toMatchObject({ activeSteps: 1, queuedSteps: 0, creates: [] });
    // Steps 1 and 2 were completed in the same second, and 2 depends on 1.
    expect(names(plan(last, undoing(5, 'completed')))).toEqual(['w-step-2-rollback']);
    expect(names(plan(last, undoing(5, 'completed'), undoing(2, 'failed')))).toEqual(['w-step-1-rollback']);
    const rest = [undoing(5, 'completed'), undoing(2, 'failed'), undoing(1, 'completed')];
    expect(names(plan(last, ...rest))).toEqual(['w-step-3-rollback']);
    const done = plan(last, ...rest, undoing(3, 'completed'));
    expect(done.phase).toBe('failed');
    expect(phases(done)).toEqual(['rolled_back', 'completed', 'rolled_back', 'skipped', 'rolled_back']);
    expect(done.message).toBe(
      '1 of 5 steps completed; skipped: 4; rolled back: 1, 3, 5; could not be rolled back: 2',
    );
    expect(done.steps[1]?.message).toContain('Its rollback has failed');
  });

  it('undoes what depends on a step before that step, whatever the clocks have said', () => {
    const behind = [
      step(1, 'completed', { completedAt: '2026-01-01T00:00:09Z' }),
      step(2, 'completed', { completedAt: '2026-01-01T00:00:02Z' }),
      step(3, 'failed', { completedAt: '2026-01-01T00:00:01Z' }),
      step(5, 'completed', { completedAt: '2026-01-01T00:00:05Z' }),
    ];
    expect(names(planWorkflow(planFacts(workflow, { executions: behind })))).toEqual(['w-step-2-rollback']);
  });

  it('goes on undoing when what failed says that it has not', () => {
    const [first, second] = ran;
    const facts = {
      executions: [first, second, step(3, 'completed'), undoing(2, 'completed')].filter(
        (each) => each !== undefined,
      ),
    };
    expect(names(planWorkflow(planFacts(workflow, facts)))).toEqual(['w-step-3-rollback']);
  });

  it('undoes by the rollback of the action where there is one', () => {
    const plain = makeWorkflow('w').step({ action: 'scale' }).step({ action: 'other', criticalStep: true });
    const facts = { executions: [step(1, 'completed'), step(2, 'failed')] };
    expect(planWorkflow(planFacts(plain, facts)).phase).toBe('failed');
    const hasRollback = (action: string) => action === 'scale';
    expect(names(planWorkflow(planFacts(plain, { ...facts, hasRollback })))).toEqual(['w-step-1-rollback']);
  });

  it('undoes nothing of a step that was never there', () => {
    const obstacles = new Map([['w-step-3', { kind: 'refused', message: 'no' }]] as const);
    const facts = { executions: [], obstacles };
    expect(planWorkflow(planFacts(workflow, facts))).toMatchObject({ phase: 'failed', creates: [] });
  });

  it('goes on with the rest where a rollback is refused, and asks where one is not seen', () => {
    const last = step(5, 'completed', { completedAt: '2026-01-01T00:00:09Z' });
    const obstacles = new Map([['w-step-5-rollback', { kind: 'refused', message: 'no' }]] as const);
    const executions = [...ran, last];
    const refused = planWorkflow(planFacts(workflow, { executions, obstacles }));
    expect(names(refused)).toEqual(['w-step-2-rollback']);
    expect(refused.steps[4]?.message).toBe('Its rollback has failed: no');
    const facts = { executions, ...recorded({ stepNumber: 5, rollback: 'active', execution: 'w-step-5' }) };
    expect(planWorkflow(planFacts(workflow, facts))).toMatchObject({
      lost: ['w-step-5-rollback'],
      creates: [],
      phase: 'executing',
    });
  });

  it('is undone under the same limit, and not while the workflow is paused', () => {
    const facts = {
      executions: [...ran, observed('by-hand', 77, undefined, { ownerUid: undefined })],
      limit: 1,
    };
    expect(planWorkflow(planFacts(workflow, facts))).toMatchObject({ creates: [], queuedSteps: 1 });
    const paused = planWorkflow(planFacts(workflow.withSpec({ paused: true }), { executions: ran }));
    expect(paused).toMatchObject({ phase: 'paused', creates: [], queuedSteps: 1 });
  });
});

describe('every plan', () => {
  const phase = fc.constantFrom(
    undefined,
    'pending',
    'executing',
    'completed',
    'failed',
    'rollback_ready',
    'odd',
  );
  const stepDraft = fc.record({
    dependencies: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
    criticalStep: fc.boolean(),
    undo: fc.boolean(),
  });
  const world = fc.record({
    steps: fc.array(stepDraft, { minLength: 1, maxLength: 12 }),
    executions: fc.array(
      fc.record({
        number: fc.integer({ min: 1, max: 14 }),
        rollback: fc.boolean(),
        phase,
        owner: fc.constantFrom('w', undefined, 'before'),
        departed: fc.boolean(),
      }),
      { maxLength: 14 },
    ),
    limit: fc.integer({ min: 1, max: 6 }),
    paused: fc.boolean(),
    slotsTaken: fc.boolean(),
  });

  function factsOf(
    drawn: (typeof world)['generate'] extends (...args: never[]) => { value: infer Value } ? Value : never,
  ): PlanFacts {
    let builder = makeWorkflow('w');
    for (const [index, { dependencies, criticalStep, undo }] of drawn.steps.entries()) {
      const earlier = dependencies.filter((each) => each < index).map((each) => String(each + 1));
      builder = builder.step({
        criticalStep,
        dependencies: earlier,
        ...(undo ? { rollbackSpec: { action: 'undo' } } : {}),
      });
    }
    const executions = drawn.executions.map(({ number, rollback, phase, owner, departed }) =>
      (rollback ? undoing : step)(number, phase, { ownerUid: owner, departed }),
    );
    const unique = [...new Map(executions.map((each) => [each.name, each])).values()];
    const { limit, slotsTaken } = drawn;
    return planFacts(builder.withSpec({ paused: drawn.paused }), { executions: unique, limit, slotsTaken });
  }

  it('creates no more than there are slots, nothing twice, and nothing that is there', () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const facts = factsOf(drawn);
        const plan = planWorkflow(facts);
        const active = facts.executions.filter(({ settled, departed }) => !settled && !departed);
        expect(plan.activeSteps).toBe(active.length);
        expect(plan.creates.length).toBeLessThanOrEqual(Math.max(0, facts.limit - active.length));
        expect(new Set(names(plan)).size).toBe(plan.creates.length);
        const there = new Set(facts.executions.filter(({ departed }) => !departed).map(({ name }) => name));
        // A rollback's name may be another's: the API server says so.
        const steps = plan.creates.filter(({ purpose }) => purpose === 'step');
        expect(steps.filter(({ name }) => there.has(name))).toEqual([]);
        expect(plan.creates.length === 0 || !(drawn.paused || drawn.slotsTaken)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('counts as queued what is ready, and gives the free slots to the first of them', () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const facts = factsOf({ ...drawn, paused: false, slotsTaken: false });
        const plan = planWorkflow(facts);
        const queued = plan.steps.filter(
          ({ phase, rollback }) => phase === 'queued' || rollback === 'queued',
        );
        expect(plan.queuedSteps).toBe(queued.length);
        const startable = queued.filter(({ blocked }) => blocked === undefined);
        const free = Math.max(0, facts.limit - plan.activeSteps);
        expect(plan.creates.map(({ step }) => step.step.stepNumber)).toEqual(
          startable.slice(0, free).map(({ step }) => step.stepNumber),
        );
        for (const { step, ready } of plan.steps) {
          if (!ready) continue;
          const needed = plan.steps.filter((other) => step.dependencies.includes(other.step.stepNumber));
          expect(needed.every(({ phase }) => phase === 'completed')).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  /** Carries plans out, one execution after the other settling, until the workflow is over. */
  function runToEnd(
    first: PlanFacts,
    outcomes: readonly string[],
  ): { plan: WorkflowPlan; created: string[] } {
    let facts = first;
    const created: string[] = [];
    for (const outcome of [...outcomes, ...outcomes]) {
      const plan = planWorkflow(facts);
      if (plan.phase === 'completed' || plan.phase === 'failed') return { plan, created };
      created.push(...names(plan));
      const started = plan.creates.map(({ name, step }) => observed(name, step.step.stepNumber));
      const all = [...facts.executions, ...started];
      const next = all.findIndex(({ settled }) => !settled);
      const executions = all.map((each, index) =>
        index === next ? { ...each, phase: outcome, settled: true } : each,
      );
      facts = { ...facts, executions };
    }
    throw new Error('it never ended');
  }

  it('leads to an end: whatever happens to its executions, every step is over at last, and nothing ran twice', () => {
    const outcome = fc.constantFrom('completed', 'completed', 'completed', 'failed', 'rollback_ready');
    fc.assert(
      fc.property(world, fc.array(outcome, { minLength: 30, maxLength: 30 }), (drawn, outcomes) => {
        const facts = { ...factsOf({ ...drawn, paused: false, slotsTaken: false }), executions: [] };
        const { plan, created } = runToEnd(facts, outcomes);
        expect(new Set(created).size).toBe(created.length);
        expect(plan.steps.every(({ phase }) => !['pending', 'queued', 'active'].includes(phase))).toBe(true);
        expect(counts(plan)).toEqual([0, 0]);
        const critical = plan.steps.some(
          ({ step, phase }) => step.criticalStep && /failed|ready/.test(phase),
        );
        expect(critical && plan.phase !== 'failed').toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
