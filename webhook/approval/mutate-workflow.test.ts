import { describe, expect, it } from 'vitest';
import { noClaims } from '../../test/builders/no-claims.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import { defaults } from '../../src/config/defaults.ts';
import type { ApprovalNotes } from '../../test/builders/approvable-builder.ts';
import {
  bigWorkflow,
  patched,
  reviewWorkflow,
  type WorkflowWrite,
} from '../../test/builders/workflow-review-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import type { AccessAnswer } from '../rights/access-review.ts';
import { approvable } from './approvable.ts';
import { mutateWorkflow } from './mutate-workflow.ts';

const now = '2026-05-04T03:02:01.000Z';
const specHash = approvable(bigWorkflow.build(), 'shop')?.specHash;
const waiting: ApprovalNotes = {
  required: 'true',
  reason: '12 steps are more than the 10 that need no approval',
  stepCount: '12',
  threshold: '10',
  createdBy: 'dev',
  authors: '["dev"]',
  installation: 'here',
};
const approved: ApprovalNotes = {
  ...waiting,
  approved: 'true',
  approvedBy: 'ann',
  approvedAt: now,
  approvedSpec: specHash,
};

interface World {
  readonly right?: () => Promise<AccessAnswer>;
  readonly mark?: () => Promise<string>;
  readonly time?: string;
}

function mutate(
  write: WorkflowWrite,
  { right = async () => ({ allowed: true }), mark = async () => 'here', time = now }: World = {},
) {
  return mutateWorkflow({
    ...noClaims,
    reviewer: { mayApprove: right },
    config: () => configSchema.parse(defaults),
    installation: mark,
    wallClock: () => time,
  })(reviewWorkflow(write));
}

async function stampedOn(write: WorkflowWrite, world?: World) {
  const verdict = await mutate(write, world);
  if (verdict.decision === 'deny') throw new Error(verdict.message);
  return patched(write.after ?? {}, verdict.decision === 'patch' ? verdict.operations : []);
}

describe('the mutating webhook', () => {
  it('stamps a new workflow that has no annotations', async () => {
    expect(await stampedOn({ user: 'dev' })).toEqual(waiting);
  });

  it('stamps one of few steps too, so that executions of it cost no reads', async () => {
    const written = makeWorkflow('big').inNamespace('shop').steps(3);
    const { required, reason, ...small } = waiting;
    expect([required, reason]).not.toContain(undefined);
    expect(await stampedOn({ user: 'dev', written })).toEqual({ ...small, stepCount: '3' });
  });

  it('stamps an approval, and asks for the right of that user on that workflow', async () => {
    const asked: unknown[] = [];
    const right: World['right'] = async (...args: unknown[]) => {
      asked.push(args);
      return { allowed: true };
    };
    expect(await stampedOn({ before: waiting, after: { ...waiting, approved: 'true' } }, { right })).toEqual(
      approved,
    );
    expect(asked).toEqual([[{ username: 'ann', uid: 'u', groups: ['approvers'], extra: {} }, 'shop', 'big']]);
  });

  it.each<[string, WorkflowWrite]>([
    ['nothing is to be changed', { before: waiting, after: waiting }],
    ['an approval is in place', { before: approved, after: approved }],
    ['it is asked again about an approval that it has stamped', { before: waiting, after: approved }],
    [
      'the workflow is paused',
      { before: approved, after: approved, written: bigWorkflow.withSpec({ paused: true }) },
    ],
  ])('patches nothing where %s', async (_, write) => {
    expect(await mutate(write)).toEqual({ decision: 'allow', warnings: [] });
  });

  it('asks nobody for a right where nobody decides', async () => {
    const right = () => Promise.reject(new Error('not asked'));
    expect(await stampedOn({ before: approved, after: {} }, { right })).toEqual(waiting);
  });

  it.each([
    [
      'a user without the right',
      async () => ({ allowed: false }),
      'NoRightToApprove',
      'takes the verb approve',
    ],
    [
      'an authorizer that does not know',
      async () => ({ allowed: false, evaluationError: 'is down' }),
      'AuthorizerFailed',
      'is down',
    ],
    [
      'an API server that does not say',
      () => Promise.reject(new Error('no answer')),
      'AuthorizerFailed',
      'no answer',
    ],
  ])('denies for %s', async (_, right, reason, says) => {
    const verdict = await mutate({ before: waiting, after: { ...waiting, approved: 'true' } }, { right });
    expect(verdict).toMatchObject({
      code: 403,
      causes: [{ reason, message: expect.stringContaining(says) }],
    });
  });

  it('denies a stamp that a user writes', async () => {
    const verdict = await mutate({ before: waiting, after: { ...waiting, approvedBy: 'ann' } });
    expect(verdict).toMatchObject({ code: 403, causes: [{ reason: 'StampForged' }] });
  });

  it.each([
    ['in our own format, of this minute', '2026-05-04T03:01:30.000Z', true],
    ['of the other replica, whose clock is ahead', '2026-05-04T03:02:31.000Z', true],
    ['of another minute', '2026-05-04T03:00:30.000Z', false],
    ['in another format', '2026-05-04T03:02:01Z', false],
    ['that is none', 'yesterday', false],
  ])('takes a time of approval %s: %s for its own: %s', async (_, approvedAt, isOurs) => {
    const verdict = await mutate({ before: waiting, after: { ...approved, approvedAt } });
    expect(verdict.decision).toBe(isOurs ? 'allow' : 'deny');
  });

  it('lets what it cannot read pass: the schema or the validating side refuses it', async () => {
    expect(await mutate({ written: bigWorkflow.withSpec({ workflowDefinition: { steps: [] } }) })).toEqual({
      decision: 'allow',
    });
  });

  it('asks to try again where it does not know its own installation', async () => {
    const verdict = await mutate({}, { mark: () => Promise.reject(new Error('no answer')) });
    expect(verdict).toMatchObject({ code: 503, causes: [{ reason: 'InstallationUnreadable' }] });
  });

  it('believes no stamp of another installation, nor a decision beside it', async () => {
    const old: ApprovalNotes = { ...approved, installation: 'elsewhere', stepCount: '1' };
    const { createdBy: _nobody, authors: _nobodyElse, ...anew } = waiting;
    expect(await stampedOn({ before: old, after: old })).toEqual(anew);
  });
});
