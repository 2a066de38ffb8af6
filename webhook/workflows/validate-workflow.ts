import type { z } from 'zod';
import { normaliseWorkflow } from '../../src/api/normalised-workflow.ts';
import { maxEdgesPerWorkflow, tooManyEdges } from '../../src/api/workflow-edges.ts';
import { workflowExecutionSpecSchema } from '../../src/api/workflow-execution.ts';
import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { inexactness } from '../../src/policy/approval/canonical-json.ts';
import type { PluginAdmission } from '../../src/plugin/plugin-admission.ts';
import { accountToAskForOnWrite } from '../../src/policy/service-account-right.ts';
import { refuseHostileCharacters } from '../../src/policy/refuse-hostile-characters.ts';
import { deny, type Deny, type Verdict } from '../../src/policy/verdict.ts';
import { checkGraph } from '../../src/policy/workflow-graph.ts';
import type { AdmissionContext } from '../admission/admission-handler.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { judgeWorkflow, type JudgeOptions } from '../approval/judge-workflow.ts';
import { annotationPointer, stampingPatch } from '../approval/mutate-workflow.ts';
import type { ApprovalChronicle } from '../approval/approval-chronicle.ts';
import type { AccessReviewer } from '../rights/access-review.ts';
import { refusedAccount } from '../rights/refused-account.ts';
import { markWorkflow, type WorkflowMarker } from './mark-workflow.ts';

const planFields = { steps: 'spec.steps', dependencies: 'dependencies' };
const definitionFields = { steps: 'spec.workflowDefinition.steps', dependencies: 'dependsOn' };

/** What the validation needs. */
export interface ValidateWorkflowOptions extends JudgeOptions {
  readonly reviewer: Pick<AccessReviewer, 'mayApprove' | 'mayUse'>;
  /** Undefined where there are none. */
  readonly plugins?: PluginAdmission | undefined;
  readonly chronicle: ApprovalChronicle;
  readonly keeper: WorkflowMarker;
}

/**
 * Refuses a workflow whose steps depend on each other in a way that nothing could run, and one whose stamps are
 * not those that our mutating side would put there: another webhook may have run after it.
 */
export function validateWorkflow(options: ValidateWorkflowOptions) {
  return async (
    request: AdmissionRequest,
    { deadline }: Pick<AdmissionContext, 'deadline'>,
  ): Promise<Verdict> => {
    const refusal =
      refuseHostileCharacters('spec', request.object?.['spec'], request.oldObject?.['spec']) ??
      brokenGraph(request);
    if (refusal !== undefined) return refusal;
    const stamping = await judgeWorkflow(request, options, true);
    if (stamping === undefined) return unreadable(request) ?? { decision: 'allow' };
    if ('decision' in stamping) return stamping;
    const differing = stampingPatch(stamping, request.object?.metadata?.annotations).map(({ path }) => path);
    if (differing.length > 0) return stampsDiffer(differing);
    const { approvedBy, approvedSpec } = stamping.annotations;
    const account = accountToAskForOnWrite(request.oldObject?.['spec'], request.object?.['spec']);
    const noRight = account && (await refusedAccount(request, account, options.reviewer));
    if (noRight) return noRight;
    const unmarked = await markWorkflow(request, stamping, options.keeper, deadline);
    if (unmarked !== undefined) return unmarked;
    const warnings = options.plugins === undefined ? [] : remarksOnSteps(request, options.plugins);
    if (!request.dryRun) options.chronicle.admitted(request, stamping);
    return {
      decision: 'allow',
      ...(warnings.length > 0 && { warnings }),
      ...((stamping.needsRight || stamping.happened === 'approved') && approvedBy && approvedSpec
        ? { auditAnnotations: { approver: approvedBy, 'spec-hash': approvedSpec } }
        : {}),
    };
  };
}

/**
 * Only a new spec can have a new graph: one from before is left alone. What is no spec at all has been refused by
 * the CRD's schema.
 */
function brokenGraph({ object, oldObject }: AdmissionRequest): Deny | undefined {
  if (oldObject !== undefined && JSON.stringify(oldObject['spec']) === JSON.stringify(object?.['spec']))
    return undefined;
  const spec = workflowExecutionSpecSchema.safeParse(object?.['spec']);
  if (!spec.success) return tooManyDependencies(object?.['spec'], spec.error.issues);
  const fields = spec.data.steps === undefined ? definitionFields : planFields;
  return checkGraph(normaliseWorkflow(spec.data).steps, fields);
}

/** It is no spec that is worked with: what each request has to look at is bounded. */
function tooManyDependencies(spec: unknown, issues: readonly z.core.$ZodIssue[]): Deny | undefined {
  if (!issues.some((issue) => issue.code === 'custom' && issue.params?.['reason'] === tooManyEdges))
    return undefined;
  const isPlan = typeof spec === 'object' && spec !== null && Object.hasOwn(spec, 'steps');
  const field = (isPlan ? planFields : definitionFields).steps;
  const message =
    `The steps have more than ${maxEdgesPerWorkflow} dependencies. Each pair of steps counts once, and a name is a ` +
    'dependency on every step that has it.';
  return deny(422, 'Invalid', message, [{ reason: tooManyEdges, field, message }]);
}

/** A step whose execution would be refused makes the workflow fail later: better to say so now. */
function remarksOnSteps(
  { object, oldObject }: AdmissionRequest,
  plugins: PluginAdmission,
): readonly string[] {
  const spec = object?.['spec'];
  if (JSON.stringify(oldObject?.['spec']) === JSON.stringify(spec)) return [];
  const parsed = workflowExecutionSpecSchema.safeParse(spec);
  return parsed.success ? plugins.remarksOn(normaliseWorkflow(parsed.data).steps) : [];
}

/** What is older than the schema may be touched, but not in what approval rests on. */
function unreadable({ object, oldObject }: AdmissionRequest): Deny | undefined {
  const isTouched =
    JSON.stringify(oldObject?.['spec']) !== JSON.stringify(object?.['spec']) ||
    Object.values(approvalAnnotations).some(
      (name) => oldObject?.metadata?.annotations?.[name] !== object?.metadata?.annotations?.[name],
    );
  if (!isTouched) return undefined;
  const inexact = inexactness(object?.['spec']);
  const why = inexact ?? 'it takes exactly one of spec.steps and spec.workflowDefinition, with valid steps';
  const message = `The spec is not one that stepgate can read exactly: ${why}.`;
  return deny(422, 'Invalid', message, [{ reason: 'SpecUnreadable', field: 'spec', message }]);
}

/** Stamps that hang on the configuration, which may have changed since the mutating side looked at it. */
const changeable: readonly string[] = (['threshold', 'required', 'reason', 'installation'] as const).map(
  (stamp) => annotationPointer(approvalAnnotations[stamp]),
);

function stampsDiffer(pointers: readonly string[]): Deny {
  const field = 'metadata.annotations';
  const forged = pointers.find((pointer) => !changeable.includes(pointer));
  if (forged !== undefined) {
    const message = `${forged} is not what stepgate has stamped: another webhook changes its annotations.`;
    return deny(403, 'Forbidden', message, [{ reason: 'StampForged', field, message }]);
  }
  const message =
    `${pointers.join(', ')} is not what stepgate has stamped: its configuration is changing, and you can try ` +
    'again; or another webhook changes its annotations.';
  return deny(503, 'ServiceUnavailable', message, [{ reason: 'StampsChanging', field, message }]);
}
