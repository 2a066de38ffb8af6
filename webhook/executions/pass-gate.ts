import { isGated } from '../../src/policy/approval/is-gated.ts';
import { gateExecution, type GatedWorkflow } from '../../src/policy/approval/gate-execution.ts';
import { deny, type Deny } from '../../src/policy/verdict.ts';
import { workflowAccepts } from '../../src/policy/workflow-state.ts';
import type { LiveWorkflows, WorkflowFacts } from '../cluster/live-workflows.ts';
import type { StepLister } from '../cluster/step-lister.ts';
import type { ExclusiveStep } from '../journal/slot-request.ts';
import { executionContent } from './execution-content.ts';

/** What the gate needs. */
export interface GateOptions {
  readonly workflows: Pick<LiveWorkflows, 'read'>;
  /** Undefined where nothing else of the workflow seems to be active: then nothing need be listed. */
  readonly listSteps: StepLister | undefined;
  readonly currentThreshold: number;
  readonly requireWorkflow: boolean;
}

/** An execution, and what the watch knows of its workflow. */
export interface GateFacts {
  readonly namespace: string;
  readonly name: string;
  readonly spec: unknown;
  readonly workflow: string;
  readonly facts: WorkflowFacts;
  /** What the watch knows may be too old. */
  readonly mustRead: boolean;
}

/** What the gate says. */
export type GateResult =
  | {
      readonly kind: 'passed';
      /** The one that the execution would do, where it may do no other. */
      readonly step: ExclusiveStep | undefined;
      /** resourceVersion up to which the watch was believed; undefined where the workflow was read. */
      readonly seenAt: string | undefined;
    }
  /** The modes warn and audit let it pass with a remark. */
  | { readonly kind: 'unapproved'; readonly refusal: Deny }
  /** The workflow can have no executions, in any mode. */
  | { readonly kind: 'over'; readonly refusal: Deny };

/**
 * Lets an execution pass where its workflow needs no approval, or has been approved with this very step in it. Only
 * a workflow over its threshold, a rejected one, or one from before the installation costs reads.
 */
export async function passGate(execution: GateFacts, options: GateOptions): Promise<GateResult> {
  const { namespace, name, workflow, facts } = execution;
  const { currentThreshold } = options;
  if (!execution.mustRead && !isGated(facts, currentThreshold))
    return { kind: 'passed', step: undefined, seenAt: facts.seenAt };
  const content = executionContent(execution.spec);
  const [gated, active] = await Promise.all([
    options.workflows.read(namespace, workflow),
    options.listSteps?.(namespace, workflow),
  ]);
  const over = overNow(gated, execution, options.requireWorkflow);
  if (over !== undefined) return { kind: 'over', refusal: over };
  if (gated === 'missing') return { kind: 'passed', step: undefined, seenAt: undefined };
  if (gated === 'unreadable' || content === undefined)
    return { kind: 'unapproved', refusal: unreadable(workflow, gated === 'unreadable') };
  const passed = gateExecution(content, gated, currentThreshold);
  if ('decision' in passed) return { kind: 'unapproved', refusal: passed };
  const key = passed.step;
  if (key === undefined) return { kind: 'passed', step: undefined, seenAt: undefined };
  const holder = active?.steps.find(
    (other) => other.name !== name && stepOf(other.spec, gated, currentThreshold) === key,
  );
  if (holder !== undefined) return { kind: 'unapproved', refusal: stepTaken(key, holder.name) };
  return { kind: 'passed', step: { key, listedAt: active?.listedAt }, seenAt: undefined };
}

/** What cannot be read cannot be compared with what was approved. */
function unreadable(workflow: string, isWorkflow: boolean): Deny {
  const what = isWorkflow ? `The spec of workflow "${workflow}"` : 'The spec of the execution';
  const message = `${what} cannot be read exactly, so it cannot be told whether its steps are approved.`;
  return deny(403, 'Forbidden', message, [{ reason: 'ApprovalRequired', message }]);
}

/** Two executions at once would do an approved step twice. */
export function stepTaken(step: string, holder: string): Deny {
  const message = `Step ${step} is being done by execution "${holder}": no approved step has two active executions.`;
  return deny(403, 'Forbidden', message, [
    { reason: 'NotTheApprovedStep', field: 'spec.stepNumber', message },
  ]);
}

/** The quorum read may know better than the watch. */
function overNow(
  workflow: GatedWorkflow | 'missing' | 'unreadable',
  { namespace, workflow: name }: GateFacts,
  requireWorkflow: boolean,
): Deny | undefined {
  if (workflow === 'unreadable') return undefined;
  if (workflow === 'missing')
    return requireWorkflow ? workflowAccepts(name, namespace, 'missing') : undefined;
  const state = workflow.settled ? 'settled' : workflow.deleting ? 'deleting' : 'live';
  return workflowAccepts(name, namespace, state);
}

/** Of an execution that does no approved step, or that cannot be read exactly, the number at least is known. */
function stepOf(spec: unknown, workflow: GatedWorkflow, currentThreshold: number): string | undefined {
  const content = executionContent(spec);
  if (content === undefined) return numberOf(spec);
  const passed = gateExecution(content, workflow, currentThreshold);
  return 'decision' in passed ? String(content.stepNumber) : passed.step;
}

function numberOf(spec: unknown): string | undefined {
  const number: unknown =
    typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'stepNumber') : undefined;
  return typeof number === 'number' ? String(number) : undefined;
}
