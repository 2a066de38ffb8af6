import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defaults } from '../../src/config/defaults.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import type { Config } from '../../src/config/config.ts';
import { allowed, type Verdict } from '../../src/policy/verdict.ts';
import type { WorkflowState } from '../../src/policy/workflow-state.ts';
import { makeAdmissionReviewBytes } from '../../test/builders/admission-review-builder.ts';
import { annotationsOf } from '../../test/builders/approvable-builder.ts';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import type { GatedWorkflow } from '../../src/policy/approval/gate-execution.ts';
import { approvable } from '../approval/approvable.ts';
import { parseAdmissionReview } from '../admission/admission-review.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { refusal } from '../../test/builders/scripted-kube-client.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { createPluginAdmission } from '../../src/plugin/plugin-admission.ts';
import { definePlugin, type CheckFacts, type Plugin } from '../../src/plugin/plugin.ts';
import type { AccessAnswer } from '../rights/access-review.ts';
import { SlotsUnavailableError } from '../journal/journal-errors.ts';
import type { SlotOutcome, SlotRequest } from '../journal/slot-request.ts';
import { validateExecution } from './validate-execution.ts';

const admittedWithin: SlotOutcome = { kind: 'admitted', used: 1, limit: 5, overLimit: false };

interface Situation {
  /** Of a workflow of twelve steps that this hash of its spec was approved for. */
  readonly approvedSpec?: string;
  /** The same, where the watch shows the workflow as it was before, with ten steps. */
  readonly nowApprovedSpec?: string;
  /** Names that the watch shows to be active. */
  readonly active?: readonly string[];
  /** In the order of the requests; the last one is repeated. */
  readonly outcomes?: readonly SlotOutcome[];
  readonly state?: () => Promise<WorkflowState>;
  readonly outcome?: () => Promise<SlotOutcome>;
  readonly config?: Partial<Config>;
  readonly plugins?: readonly Plugin[];
  /** What the authorizer says to the use of an account; without it nobody is to ask. */
  readonly mayUse?: () => Promise<AccessAnswer>;
  readonly request?: Record<string, unknown>;
}

const big = makeWorkflow('restart').inNamespace('shop').steps(12, { parameters: {} });
const bigHash = approvable(big.build(), 'shop')?.specHash ?? '';

function approvedFor(approvedSpec: string): GatedWorkflow {
  const annotations = annotationsOf({ approved: 'true', approvedBy: 'ann', approvedSpec });
  const workflow = approvable({ ...big.build(), metadata: { name: 'restart', annotations } }, 'shop');
  if (workflow === undefined) throw new Error('it can be read');
  return workflow;
}

/** The verdict on one request, and what was asked for it. */
async function validate(situation: Situation = {}) {
  const { state = async () => 'live' as const, outcome = async () => admittedWithin } = situation;
  const asked: [namespace: string, request: SlotRequest][] = [];
  let lists = 0;
  const handler = validateExecution({
    keeper: {
      request: async (namespace, request) => {
        asked.push([namespace, request]);
        return situation.outcomes?.[Math.min(asked.length, situation.outcomes.length) - 1] ?? outcome();
      },
    },
    workflows: {
      factsOf: async () => ({
        state: await state(),
        stepCount: situation.approvedSpec === undefined ? '10' : '12',
        threshold: '10',
        decision: undefined,
        seenAt: '7',
      }),
      async read() {
        if (situation.nowApprovedSpec !== undefined) return approvedFor(situation.nowApprovedSpec);
        if (situation.approvedSpec === undefined)
          throw new Error('a workflow within its threshold is not read');
        return approvedFor(situation.approvedSpec);
      },
    },
    active: () => new Set(situation.active),
    async listSteps() {
      lists += 1;
      return { listedAt: String(lists), steps: [] };
    },
    reviewer: {
      mayUse: situation.mayUse ?? (() => Promise.reject(new Error('there is nothing to ask'))),
    },
    plugins:
      situation.plugins &&
      createPluginAdmission(situation.plugins, { clock: createManualClock(), onFailure: () => undefined }),
    config: () => ({ ...configSchema.parse(defaults), ...situation.config }),
  });
  const request = parseAdmissionReview(makeAdmissionReviewBytes(situation.request));
  const verdict = await handler(request, { signal: new AbortController().signal, deadline: 9_000 });
  return { verdict, asked, slotRequest: asked[0]?.[1] };
}

const reasonsOf = (verdict: Verdict) =>
  verdict.decision === 'deny'
    ? [verdict.code, ...verdict.causes.map(({ reason }) => reason)]
    : [verdict.decision];

describe('a create', () => {
  it('asks for a slot of its workflow, by its final name and uid, before the deadline', async () => {
    const { verdict, asked } = await validate();
    expect(verdict).toBe(allowed);
    const slotRequest: SlotRequest = {
      name: 'restart-step-1',
      uid: 'b7d3c6a0-0000-4000-8000-000000000001',
      workflow: 'restart',
      dryRun: false,
      apply: false,
      enforce: true,
      workflowSeenAt: '7',
      deadline: 8_900,
      signal: expect.any(AbortSignal) as AbortSignal,
    };
    expect(asked).toEqual([['shop', slotRequest]]);
  });

  it('that is a dry run says so', async () => {
    expect((await validate({ request: { dryRun: true } })).slotRequest?.dryRun).toBe(true);
  });

  it.each([
    ['its options', { options: { kind: 'PatchOptions', apiVersion: 'meta.k8s.io/v1' } }],
    [
      'its field owner',
      {
        object: {
          ...makeExecution('step').of('restart').build(),
          metadata: { labels: { workflow: 'restart' }, managedFields: [{ operation: 'Apply' }] },
        },
      },
    ],
  ])('by server-side apply is known by %s', async (_, request) => {
    expect((await validate({ request })).slotRequest?.apply).toBe(true);
  });

  it.each(['warn', 'audit'] as const)('is not enforced in mode %s', async (enforcement) => {
    const outcome = async (): Promise<SlotOutcome> => ({
      kind: 'admitted',
      used: 6,
      limit: 5,
      overLimit: true,
    });
    const { verdict, slotRequest } = await validate({ config: { enforcement }, outcome });
    expect(slotRequest?.enforce).toBe(false);
    expect(verdict).toMatchObject({ decision: 'allow', auditAnnotations: expect.anything() });
  });
});

describe('a create is refused', () => {
  it('without asking for a slot when it names no workflow', async () => {
    const { verdict, asked } = await validate({ request: { object: makeExecution('step').build() } });
    expect(reasonsOf(verdict)).toEqual([422, 'WorkflowRequired']);
    expect(asked).toEqual([]);
  });

  it('without asking for a slot when neither label nor annotation would show its workflow to a watch', async () => {
    const object = makeExecution('step').referringTo('restart').build();
    const { verdict, asked } = await validate({ request: { object } });
    expect(reasonsOf(verdict)).toEqual([503, 'WorkflowMarkMissing']);
    expect(asked).toEqual([]);
  });

  it.each([
    ['missing', [422, 'WorkflowMissing']],
    ['settled', [403, 'WorkflowIsOver']],
    ['deleting', [403, 'WorkflowIsOver']],
  ] as const)('without asking for a slot when its workflow is %s', async (state, reasons) => {
    const { verdict, asked } = await validate({ state: async () => state });
    expect(reasonsOf(verdict)).toEqual(reasons);
    expect(asked).toEqual([]);
  });

  it('when its workflow cannot be read: that it exists is not guessed', async () => {
    const state = () => Promise.reject(refusal(429, 'TooManyRequests'));
    const { verdict } = await validate({ state });
    expect(reasonsOf(verdict)).toEqual([503, 'WorkflowUnreadable']);
    expect(verdict).toMatchObject({ message: expect.stringContaining('scripted 429') });
  });

  it('when there is no slot', async () => {
    const outcome = async (): Promise<SlotOutcome> => ({ kind: 'limitReached', limit: 0, holders: [] });
    expect(reasonsOf((await validate({ outcome })).verdict)).toEqual([429, 'ParallelLimitReached']);
  });

  it('when its name exists', async () => {
    const outcome = async (): Promise<SlotOutcome> => ({ kind: 'alreadyExists' });
    expect(reasonsOf((await validate({ outcome })).verdict)).toEqual([409, 'AlreadyExists']);
  });

  it('when no exact answer can be given, with the reason', async () => {
    const outcome = () => Promise.reject(new SlotsUnavailableError('JournalRecovering', 'it was lost'));
    expect(reasonsOf((await validate({ outcome })).verdict)).toEqual([503, 'JournalRecovering']);
  });
});

describe('the account of an execution', () => {
  const named = (serviceAccountName: string, request: object = {}) => ({
    request: {
      object: makeExecution('step').of('restart').withSpec({ serviceAccountName }).build(),
      ...request,
    },
  });
  const yes = async () => ({ allowed: true });
  const no = async () => ({ allowed: false });

  it.each(['stepgate-runner', ''])('is not asked about where it is the default one: "%s"', async (name) => {
    expect((await validate(named(name))).verdict).toBe(allowed);
  });

  it('may be named by who has the right', async () => {
    const { verdict, asked } = await validate({ ...named('deployer'), mayUse: yes });
    expect(verdict).toBe(allowed);
    expect(asked).toHaveLength(1);
  });

  it.each(['enforce', 'warn', 'audit'] as const)(
    'may not be named by others, in mode %s, and costs no slot',
    async (enforcement) => {
      const { verdict, asked } = await validate({
        ...named('deployer'),
        mayUse: no,
        config: { enforcement },
      });
      expect(reasonsOf(verdict)).toEqual([403, 'ServiceAccountNotAllowed']);
      expect(verdict).toMatchObject({
        message: expect.stringContaining(
          'resources: [serviceaccounts], resourceNames: [deployer], verbs: [use]',
        ),
      });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ['fails', async () => ({ allowed: false, evaluationError: 'no answer' })],
    ['is away', async () => Promise.reject(new Error('no answer'))],
  ])('is denied where the authorizer %s', async (_, mayUse) => {
    const { verdict, asked } = await validate({ ...named('deployer'), mayUse });
    expect(reasonsOf(verdict)).toEqual([403, 'AuthorizerFailed']);
    expect(verdict).toMatchObject({ message: expect.stringContaining('no answer') });
    expect(asked).toEqual([]);
  });
});

describe('plugins', () => {
  const scale = {
    name: 'scale_deployment',
    parameters: z.object({ replicas: z.number() }),
    run: async () => 1,
  };
  const execution = (parameters: Record<string, unknown>) => ({
    object: makeExecution('step').of('restart').withSpec({ action: 'scale_deployment', parameters }).build(),
  });

  it.each(['enforce', 'warn', 'audit'] as const)(
    'refuse what does not fit their schema in mode %s, and it costs no slot',
    async (enforcement) => {
      const plugins = [definePlugin({ name: 'acme', actions: [scale] })];
      const request = execution({ replicas: 'many' });
      const { verdict, asked } = await validate({ plugins, request, config: { enforcement } });
      expect(reasonsOf(verdict)).toEqual([422, 'ParametersInvalid']);
      expect(asked).toEqual([]);
      expect((await validate({ plugins, request: execution({ replicas: 3 }) })).asked).toHaveLength(1);
    },
  );

  it('are told who asks, for what, as whom, and whether it is a dry run; their remarks ride along', async () => {
    const seen: CheckFacts[] = [];
    const check = {
      name: 'Watched',
      check: (facts: CheckFacts) => {
        seen.push(facts);
        return { decision: 'allow' as const, warnings: ['I see'] };
      },
    };
    const plugins = [definePlugin({ name: 'acme', actions: [scale], checks: [check] })];
    const outcome = async (): Promise<SlotOutcome> => ({ ...admittedWithin, used: 6, overLimit: true });
    const { verdict } = await validate({
      plugins,
      outcome,
      config: { enforcement: 'warn' },
      request: { ...execution({ replicas: 3 }), dryRun: true },
    });
    expect(seen).toEqual([
      {
        namespace: 'shop',
        name: 'restart-step-1',
        workflow: 'restart',
        stepNumber: 1,
        action: 'scale_deployment',
        parameters: { replicas: 3 },
        serviceAccountName: 'stepgate-runner',
        user: { name: 'jane', groups: ['developers'] },
        dryRun: true,
      },
    ]);
    expect(verdict.warnings).toEqual(['I see', expect.stringContaining('its limit is 5')]);
  });

  it('cannot be asked about what is no spec, should it pass the schema of the kind: it is refused', async () => {
    const plugins = [definePlugin({ name: 'acme', actions: [scale] })];
    const object = { metadata: { labels: { workflow: 'restart' } }, spec: { action: 'scale_deployment' } };
    expect((await validate({ plugins, request: { object } })).verdict).toMatchObject({
      code: 422,
      causes: [{ reason: 'SpecUnreadable' }],
    });
  });

  it('are told which execution is undone', async () => {
    const seen: CheckFacts[] = [];
    const check = (facts: CheckFacts) => {
      seen.push(facts);
      return allowed;
    };
    const plugins = [definePlugin({ name: 'acme', actions: [scale], checks: [{ name: 'Mine', check }] })];
    for (const annotations of [{}, { 'kubernaut.io/rollback-of': 'restart-step-3' }]) {
      const object = {
        metadata: { labels: { workflow: 'restart' }, annotations },
        spec: { stepNumber: 3, action: 'scale_deployment', parameters: { replicas: 3 } },
      };
      await validate({ plugins, request: { object } });
    }
    expect(seen.map(({ rollbackOf }) => rollbackOf)).toEqual([undefined, 'restart-step-3']);
  });
});

describe('a create under a workflow of more than ten steps', () => {
  const approved = { approvedSpec: bigHash, active: ['another-one'] };
  const waiting = { approvedSpec: 'sha256:another' };
  const taken: SlotOutcome = { kind: 'stepTaken', holder: 'other' };
  const outdated: SlotOutcome = { kind: 'listOutdated' };

  it('asks for its slot and its step at once', async () => {
    const { verdict, slotRequest } = await validate(approved);
    expect(verdict).toBe(allowed);
    expect(slotRequest?.step).toEqual({ key: '1', listedAt: '1' });
  });

  it('lists nothing at first where no other seems to be active, and does when it is told to', async () => {
    const outcomes = [outdated, admittedWithin];
    const { verdict, asked } = await validate({ ...approved, active: ['restart-step-1'], outcomes });
    expect(verdict).toBe(allowed);
    expect(asked.map(([, { step }]) => step)).toEqual([
      { key: '1', listedAt: undefined },
      { key: '1', listedAt: '1' },
    ]);
  });

  it('asks for no slot while nobody has approved it', async () => {
    const { verdict, asked } = await validate(waiting);
    expect(reasonsOf(verdict)).toEqual([403, 'ApprovalRequired']);
    expect(asked).toEqual([]);
  });

  it('is refused where another was admitted for its step', async () => {
    const { verdict } = await validate({ ...approved, outcomes: [taken] });
    expect(reasonsOf(verdict)).toEqual([403, 'NotTheApprovedStep']);
    expect(verdict).toMatchObject({ message: expect.stringContaining('"other"') });
  });

  it('lists anew, and asks the gate anew, where the journal has overtaken the list', async () => {
    const { verdict, asked } = await validate({
      ...approved,
      outcomes: [outdated, outdated, admittedWithin],
    });
    expect(verdict).toBe(allowed);
    expect(asked.map(([, { step }]) => step?.listedAt)).toEqual(['1', '2', '3']);
  });

  it('may be tried again where that goes on and on', async () => {
    const { verdict, asked } = await validate({ ...approved, outcomes: [outdated] });
    expect(reasonsOf(verdict)).toEqual([503, 'StepsChanging']);
    expect(asked).toHaveLength(5);
  });

  it.each<[string, Situation, string]>([
    ['nobody has approved it', waiting, 'would-refuse-ApprovalRequired'],
    [
      'its step is done by another',
      { ...approved, outcomes: [taken, admittedWithin] },
      'would-refuse-NotTheApprovedStep',
    ],
    [
      'the list stays behind',
      { ...approved, outcomes: [outdated, outdated, outdated, outdated, outdated, admittedWithin] },
      'would-refuse-StepsChanging',
    ],
  ])('is let pass in mode audit where %s, with its slot and a remark', async (_, situation, remark) => {
    const { verdict, asked } = await validate({ ...situation, config: { enforcement: 'audit' } });
    expect(verdict).toMatchObject({ decision: 'allow', auditAnnotations: { [remark]: expect.anything() } });
    expect(asked.at(-1)?.[1].step).toBeUndefined();
  });

  it('is let pass in mode warn with a warning', async () => {
    const { verdict } = await validate({ ...waiting, config: { enforcement: 'warn' } });
    expect(verdict).toMatchObject({
      decision: 'allow',
      warnings: [expect.stringContaining('until it is approved')],
    });
  });

  it('keeps to its name in every mode', async () => {
    const outcomes: SlotOutcome[] = [{ kind: 'alreadyExists' }];
    const { verdict } = await validate({ ...waiting, outcomes, config: { enforcement: 'warn' } });
    expect(reasonsOf(verdict)).toEqual([409, 'AlreadyExists']);
  });
});

describe('where no workflow is required', () => {
  const config = { requireWorkflow: false };

  it('a create may name one that does not exist', async () => {
    expect((await validate({ config, state: async () => 'missing' })).verdict).toBe(allowed);
  });

  it('one that is there counts: it may need approval, or be over', async () => {
    const { verdict } = await validate({ config, state: async () => 'settled' });
    expect(reasonsOf(verdict)).toEqual([403, 'WorkflowIsOver']);
    const state = () => Promise.reject(refusal(429, 'TooManyRequests'));
    expect(reasonsOf((await validate({ config, state })).verdict)).toEqual([503, 'WorkflowUnreadable']);
  });
});

it('hides no error that it does not understand', async () => {
  const outcome = () => Promise.reject(new TypeError('a mistake of ours'));
  await expect(validate({ outcome })).rejects.toThrow('a mistake of ours');
});

it('lets updates and deletions pass', async () => {
  const { verdict, asked } = await validate({ request: { operation: 'UPDATE' } });
  expect(verdict).toBe(allowed);
  expect(asked).toEqual([]);
});
