import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { noClaims } from './builders/no-claims.ts';
import { annotationsOf, type ApprovalNotes } from './builders/approvable-builder.ts';
import { bigWorkflow, reviewWorkflow, type WorkflowWrite } from './builders/workflow-review-builder.ts';
import { configSchema } from '../src/config/config-schema.ts';
import { defaults } from '../src/config/defaults.ts';
import { gateExecution } from '../src/policy/approval/gate-execution.ts';
import type { Deny, Verdict } from '../src/policy/verdict.ts';
import type { AccessAnswer } from '../webhook/rights/access-review.ts';
import { approvable, type WorkflowObject } from '../webhook/approval/approvable.ts';
import { mutateWorkflow } from '../webhook/approval/mutate-workflow.ts';
import { executionContent } from '../webhook/executions/execution-content.ts';
import { validateWorkflow } from '../webhook/workflows/validate-workflow.ts';

/** What the world answers to the webhook; by default the right is there and the installation readable. */
interface World {
  readonly right?: AccessAnswer;
  readonly mark?: () => Promise<string>;
  readonly requireDifferentApprover?: boolean;
  readonly approveByHashOnly?: boolean;
}

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
const rejected: ApprovalNotes = {
  ...waiting,
  approved: 'false',
  approvedBy: 'ann',
  approvedAt: '2026-05-04T03:02:01.000Z',
  approvedSpec: specHash,
};

function judge({
  right = { allowed: true },
  mark = async () => 'here',
  requireDifferentApprover = false,
  approveByHashOnly = false,
}: World) {
  return {
    ...noClaims,
    reviewer: { mayApprove: async () => right, mayUse: async () => right },
    config: () => ({ ...configSchema.parse(defaults), requireDifferentApprover, approveByHashOnly }),
    installation: mark,
    wallClock: () => '2026-05-04T03:02:01.000Z',
  };
}

function denied(verdict: Verdict | object): Deny {
  if (!('decision' in verdict) || verdict.decision !== 'deny') throw new Error('this is no denial');
  return verdict;
}

/** A decision by `ann` on a workflow of twelve steps. */
async function decision(approved: string, world: World = {}, write: WorkflowWrite = {}): Promise<Deny> {
  const before = write.before ?? waiting;
  const review = reviewWorkflow({ before, after: { ...before, approved }, ...write });
  return denied(await mutateWorkflow(judge(world))(review));
}

/** A write as our validating webhook sees it. */
async function validation(write: WorkflowWrite): Promise<Deny> {
  const options = {
    ...judge({}),
    chronicle: { admitted: () => undefined },
    keeper: { mark: async () => undefined },
  };
  return denied(await validateWorkflow(options)(reviewWorkflow(write), { deadline: 9_000 }));
}

function example(file: string): unknown {
  return parse(readFileSync(join(import.meta.dirname, '../examples/approval', file), 'utf8'));
}

/** An execution of examples/approval, of its workflow with these annotations. */
function gate(file: string, decided: 'true' | 'false' | undefined): Deny {
  const workflow = approvable(example('workflow.yaml') as WorkflowObject, 'default');
  const content = executionContent((example(file) as { readonly spec: unknown }).spec);
  if (workflow === undefined || content === undefined) throw new Error('the examples cannot be read');
  const notes = decided && { approved: decided, approvedBy: 'approver', approvedSpec: workflow.specHash };
  const annotations = annotationsOf(notes ?? {});
  return denied(gateExecution(content, { ...workflow, annotations }, 10));
}

/** A denial of each kind that docs/denials.md lists under Approval, as it is now. */
export async function denialsOfApproval(): Promise<readonly Deny[]> {
  return [
    gate('execution-1.yaml', undefined),
    gate('execution-5-other-action.yaml', 'true'),
    gate('execution-1.yaml', 'false'),
    await decision('true', { right: { allowed: false } }),
    await decision('true', { right: { allowed: false, evaluationError: 'it is down' } }),
    await decision('true', {}, { user: 'system:serviceaccount:argocd:robot' }),
    await decision('true', { requireDifferentApprover: true }, { user: 'dev' }),
    await decision('true', {}, { before: rejected }),
    await decision('true', {}, { after: { ...waiting, approvedBy: 'ann' } }),
    await decision(`sha256:${'0'.repeat(64)}`),
    await decision('yes'),
    await decision('true', { approveByHashOnly: true }),
    await decision('true', {}, { written: bigWorkflow.step() }),
    await validation({ written: bigWorkflow.step({ parameters: { account: 2 ** 60 } }) }),
  ];
}

/** The 503 that are not about a slot. */
export async function denialsForNow(): Promise<readonly Deny[]> {
  const mark = () => Promise.reject(new Error('no answer'));
  return [
    await decision('true', { mark }),
    await validation({ user: 'dev', after: { ...waiting, threshold: '1000' } }),
  ];
}
