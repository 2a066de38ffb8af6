import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../src/config/config-schema.ts';
import { defaults } from '../../src/config/defaults.ts';
import type { ApprovalNotes } from '../../test/builders/approvable-builder.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { createPluginAdmission } from '../../src/plugin/plugin-admission.ts';
import { noClaims } from '../../test/builders/no-claims.ts';
import { makeWorkflow, type WorkflowBuilder } from '../../test/builders/workflow-builder.ts';
import {
  bigWorkflow,
  patched,
  reviewWorkflow,
  type WorkflowWrite,
} from '../../test/builders/workflow-review-builder.ts';
import { mutateWorkflow } from '../approval/mutate-workflow.ts';
import type { WorkflowMark } from '../journal/workflow-marks.ts';
import { validateWorkflow } from './validate-workflow.ts';

const judge = {
  ...noClaims,
  reviewer: { mayApprove: async () => ({ allowed: true }), mayUse: async () => ({ allowed: true }) },
  config: () => configSchema.parse(defaults),
  installation: async () => 'here',
  wallClock: () => '2026-05-04T03:02:01.000Z',
};

const context = { deadline: 9_000 };

async function validate(write: WorkflowWrite = {}) {
  const told: unknown[] = [];
  const chronicle = {
    admitted: (_request: unknown, { happened }: { readonly happened: unknown }) => {
      if (happened !== undefined) told.push(happened);
    },
  };
  const marked: WorkflowMark[] = [];
  const keeper = { mark: async (_: string, mark: WorkflowMark) => void marked.push(mark) };
  const verdict = await validateWorkflow({ ...judge, chronicle, keeper })(reviewWorkflow(write), context);
  return { verdict, told, marked: marked.map(({ workflow }) => workflow) };
}

/** The notes of the write as our mutating side leaves them. */
async function stamped(write: WorkflowWrite): Promise<ApprovalNotes> {
  const verdict = await mutateWorkflow(judge)(reviewWorkflow(write));
  return patched(write.after ?? {}, verdict.decision === 'patch' ? verdict.operations : []);
}

const waiting = await stamped({ user: 'dev' });
const approving = { before: waiting, after: { ...waiting, approved: 'true' } };

describe('the validating webhook', () => {
  it.each<[string, WorkflowWrite, string | undefined]>([
    ['a new workflow', { user: 'dev' }, 'required'],
    ['an approval', approving, 'approved'],
    ['a rejection', { before: waiting, after: { ...waiting, approved: 'false' } }, 'rejected'],
    ['an update that dropped its stamps', { before: waiting, after: {} }, undefined],
  ])(
    'allows %s as the mutating side has stamped it, without repeating its warnings, and tells it once',
    async (_, write, happened) => {
      const { verdict, told } = await validate({ ...write, after: await stamped(write) });
      expect(verdict).toMatchObject({ decision: 'allow' });
      expect(verdict.warnings).toBeUndefined();
      expect(told).toEqual(happened === undefined ? [] : [happened]);
    },
  );

  it('leaves who approved what in the audit log', async () => {
    const after = await stamped(approving);
    const { verdict } = await validate({ ...approving, after });
    expect(verdict.auditAnnotations).toEqual({ approver: 'ann', 'spec-hash': after.approvedSpec });
  });

  it('tells nobody of a dry run', async () => {
    const { verdict, told } = await validate({ user: 'dev', after: waiting, dryRun: true });
    expect(verdict.decision).toBe('allow');
    expect(told).toEqual([]);
  });

  it.each<[string, WorkflowWrite]>([
    ['removed a stamp', { user: 'dev', after: { ...waiting, stepCount: undefined } }],
    ['changed a stamp', { user: 'dev', after: { ...waiting, stepCount: '3' } }],
    ['added an approval', { user: 'dev', after: { ...waiting, approved: 'true' } }],
    ['added a step', { user: 'dev', after: waiting, written: bigWorkflow.step() }],
    ['removed them all', { before: waiting, after: {} }],
  ])('refuses what another webhook has %s after us', async (_, write) => {
    const { verdict, told } = await validate(write);
    expect(verdict).toMatchObject({ code: 403, causes: [{ reason: 'StampForged' }] });
    expect(told).toEqual([]);
  });

  it.each<[string, WorkflowWrite]>([
    ['threshold', { user: 'dev', after: { ...waiting, threshold: '1000' } }],
    ['need of an approval', { user: 'dev', after: { ...waiting, required: undefined, reason: undefined } }],
    ['installation', { user: 'dev', after: { ...waiting, installation: 'another' } }],
  ])(
    'refuses a %s that the mutating side saw otherwise, for now: its settings may be newer',
    async (_, write) => {
      const { verdict, told } = await validate(write);
      expect(verdict).toMatchObject({ code: 503, causes: [{ reason: 'StampsChanging' }] });
      expect(told).toEqual([]);
    },
  );

  it('refuses a user who may not decide, though the mutating side was not asked', async () => {
    const reviewer = { ...judge.reviewer, mayApprove: async () => ({ allowed: false }) };
    const chronicle = { admitted: () => {} };
    const write = { ...approving, after: await stamped(approving) };
    const keeper = { mark: async () => undefined };
    const verdict = await validateWorkflow({ ...judge, reviewer, chronicle, keeper })(
      reviewWorkflow(write),
      context,
    );
    expect(verdict).toMatchObject({ code: 403, causes: [{ reason: 'NoRightToApprove' }] });
  });

  it('refuses more dependencies than anybody can look at, and leaves a workflow from before alone', async () => {
    let many = makeWorkflow('big').inNamespace('shop');
    for (let step = 0; step < 101; step += 1) many = many.step({ name: 'a' });
    for (let step = 0; step < 101; step += 1) many = many.step({ dependencies: ['a'] });
    expect((await validate({ written: many })).verdict).toMatchObject({
      code: 422,
      causes: [{ reason: 'DependenciesTooMany', field: 'spec.steps' }],
    });
    const write: WorkflowWrite = { before: {}, old: many, written: many.label('team', 'shop') };
    expect((await validate(write)).verdict.decision).toBe('allow');
  });

  it('refuses a circle of steps on a new spec, and leaves one from before alone', async () => {
    const circle = makeWorkflow('big')
      .inNamespace('shop')
      .step({ dependencies: ['1'] });
    expect((await validate({ written: circle })).verdict).toMatchObject({
      code: 422,
      causes: [{ reason: 'DependencyCycle', field: 'spec.steps[0].dependencies' }],
    });
    const write: WorkflowWrite = { before: {}, old: circle, written: circle };
    expect((await validate({ ...write, after: await stamped(write) })).verdict.decision).toBe('allow');
  });

  const bothShapes = bigWorkflow.withSpec({ workflowDefinition: { steps: [] } });
  const lostDigits = bigWorkflow.step({ parameters: { id: 2 ** 60 } });
  it.each([
    ['with both shapes of steps', bothShapes, 'exactly one of spec.steps'],
    ['with a number that has lost digits', lostDigits, 'write it as a string'],
    [
      'with a key that cannot be compared',
      bigWorkflow.step({ parameters: JSON.parse('{"__proto__":{}}') }),
      '__proto__',
    ],
  ])('refuses a spec %s, with the reason', async (_, written, says) => {
    const { verdict } = await validate({ written });
    expect(verdict).toMatchObject({
      code: 422,
      causes: [{ reason: 'SpecUnreadable', message: expect.stringContaining(says) }],
    });
  });

  it('lets a spec from before that it cannot read be, as long as nobody touches what approval rests on', async () => {
    const old = { old: bothShapes, written: bothShapes, before: {} };
    expect((await validate(old)).verdict).toEqual({ decision: 'allow' });
    expect((await validate({ ...old, after: { approved: 'true' } })).verdict).toMatchObject({ code: 422 });
  });
});

describe('the account and the steps of a workflow', () => {
  const context = { deadline: 9_000 };
  const chronicle = { admitted: () => {} };
  const small = makeWorkflow('big').inNamespace('shop');

  async function write(written: WorkflowBuilder, old?: WorkflowBuilder, allowed = false) {
    const asked: string[] = [];
    const marked: WorkflowMark[] = [];
    const mayUse = async (_user: object, _namespace: string, account: string) => {
      asked.push(account);
      return { allowed };
    };
    const plugin = {
      name: 'acme',
      actions: [
        {
          name: 'scale_deployment',
          parameters: z.object({ replicas: z.number() }),
          run: async () => undefined,
        },
      ],
    };
    const options = {
      ...judge,
      reviewer: { ...judge.reviewer, mayUse },
      keeper: { mark: async (_: string, mark: WorkflowMark) => void marked.push(mark) },
      chronicle,
      plugins: createPluginAdmission([plugin], { clock: createManualClock(), onFailure: () => undefined }),
    };
    const draft: WorkflowWrite = { written, ...(old && { old, before: await stamped({ written: old }) }) };
    const review = reviewWorkflow({ ...draft, after: await stamped(draft) });
    return { verdict: await validateWorkflow(options)(review, context), asked, marked };
  }

  const named = bigWorkflow.withSpec({ serviceAccountName: 'deployer' });

  it('takes the right to use the account, and is refused before it is marked', async () => {
    const { verdict, asked, marked } = await write(named);
    expect(verdict).toMatchObject({ code: 403, causes: [{ reason: 'ServiceAccountNotAllowed' }] });
    expect(asked).toEqual(['deployer']);
    expect(marked).toEqual([]);
    expect((await write(named, undefined, true)).verdict.decision).toBe('allow');
  });

  it('is not asked about where an update leaves what runs as it is', async () => {
    const { verdict, asked } = await write(named.withSpec({ paused: true }), named);
    expect([verdict.decision, asked]).toEqual(['allow', []]);
  });

  it('are remarked on where plugins would refuse their executions, and only when they are new', async () => {
    const unfit = small.step({ parameters: { replicas: 'x' } });
    expect((await write(unfit)).verdict).toMatchObject({
      decision: 'allow',
      warnings: [expect.stringMatching(/^step 1: Parameter "replicas" .*received string\.$/)],
    });
    expect((await write(unfit.label('team', 'shop'), unfit)).verdict.warnings).toBeUndefined();
  });
});
