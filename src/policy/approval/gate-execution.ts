import type { NormalisedStep } from '../../api/normalised-workflow.ts';
import { deny, type Deny } from '../verdict.ts';
import { canonicalJson } from './canonical-json.ts';
import { approvalState, approvingCommand, type ApprovableWorkflow } from './workflow-approval.ts';

/** What an execution would do. */
export interface ExecutionContent {
  readonly stepNumber: number;
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly targetCluster: string | undefined;
  readonly serviceAccountName: string | undefined;
}

/** A workflow with what it would run. */
export interface GatedWorkflow extends ApprovableWorkflow {
  readonly steps: readonly NormalisedStep[];
  readonly serviceAccountName: string | undefined;
}

/** An execution that may be; `step` names what no second active execution may do, where the workflow was approved. */
export interface GatePassed {
  readonly step: string | undefined;
}

/** Whether an execution may be under its workflow as a quorum read shows it. */
export function gateExecution(
  execution: ExecutionContent,
  workflow: GatedWorkflow,
  currentThreshold: number,
): GatePassed | Deny {
  switch (approvalState(workflow, currentThreshold)) {
    case 'not-required':
      return { step: undefined };
    case 'rejected':
      return forbid('WorkflowIsOver', `Workflow "${workflow.name}" was rejected: it gets no executions.`);
    case 'waiting': {
      const message =
        `Workflow "${workflow.name}" has ${workflow.stepCount} steps and runs nothing until it is approved. ` +
        `An approver does that with: ${approvingCommand(workflow)}`;
      return forbid('ApprovalRequired', message);
    }
    case 'approved':
      return matchStep(execution, workflow);
  }
}

function matchStep(execution: ExecutionContent, workflow: GatedWorkflow): GatePassed | Deny {
  const { stepNumber } = execution;
  const step = workflow.steps.find((each) => each.stepNumber === stepNumber);
  if (step === undefined) {
    return notApproved(workflow, 'spec.stepNumber', `the approved spec has no step ${stepNumber}`);
  }
  const asStep = firstDifference(execution, step, step, workflow);
  if (asStep === undefined) return { step: String(stepNumber) };
  const { rollback } = step;
  // What undoes a step is an execution of that step: the two are never active together.
  if (rollback && firstDifference(execution, rollback, step, workflow) === undefined)
    return { step: String(stepNumber) };
  return notApproved(workflow, asStep.field, asStep.message);
}

function firstDifference(
  execution: ExecutionContent,
  approved: { readonly action: string; readonly parameters: Readonly<Record<string, unknown>> },
  step: NormalisedStep,
  workflow: GatedWorkflow,
): { readonly field: string; readonly message: string } | undefined {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['action', execution.action, approved.action],
    ['parameters', execution.parameters, approved.parameters],
    // Go clients write '' for none.
    ['targetCluster', execution.targetCluster || undefined, step.targetCluster || undefined],
    [
      'serviceAccountName',
      execution.serviceAccountName || undefined,
      workflow.serviceAccountName || undefined,
    ],
  ];
  const different = pairs.find(
    ([, is, should]) => canonicalJson(is ?? null) !== canonicalJson(should ?? null),
  );
  if (different === undefined) return undefined;
  const [field, is, should] = different;
  return {
    field: `spec.${field}`,
    message: `${field} of step ${step.stepNumber} is ${shown(is)}, approved was ${shown(should)}`,
  };
}

function shown(value: unknown): string {
  const text = canonicalJson(value ?? null);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function notApproved(workflow: GatedWorkflow, field: string, difference: string): Deny {
  const message = `This is no step of what was approved for workflow "${workflow.name}": ${difference}.`;
  return deny(403, 'Forbidden', message, [{ reason: 'NotTheApprovedStep', field, message }]);
}

function forbid(reason: string, message: string): Deny {
  return deny(403, 'Forbidden', message, [{ reason, message }]);
}
