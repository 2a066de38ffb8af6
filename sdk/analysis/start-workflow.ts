import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { aiApprovalRequestKind, workflowExecutionKind } from '../../src/api/names.ts';
import type { WorkflowExecutionSpec } from '../../src/api/workflow-execution.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { analysisOwnerReference } from '../../src/policy/analysis/approval-request.ts';
import { remediationName } from '../../src/policy/analysis/remediation-name.ts';
import { specHash } from '../../src/policy/approval/spec-hash.ts';
import { type AnalysisChange, fails, startsWorkflow } from './analysis-change.ts';
import type { AnalysisStep, AnalysisTurn } from './analysis-turn.ts';
import { createOnce, lookUp } from './create-once.ts';
import type { Decided } from './end-of-request.ts';
import { planRemediation } from './plan-remediation.ts';
import type { CachedRequest, StoredRequest } from './stored-analysis.ts';
import { writeChange } from './write-change.ts';

/** What a person has approved, and who did. */
export interface ApprovedRequest {
  readonly request: CachedRequest;
  readonly end: Decided;
}

/**
 * Creates the one workflow of an analysis, and writes down that it is there. What was approved is what is created:
 * the spec that the request has shown, by its hash.
 */
export async function startWorkflow(turn: AnalysisTurn, approved?: ApprovedRequest): Promise<AnalysisStep> {
  const { client, namespace, analysis, date, metrics, signal } = turn;
  const write = async (change: AnalysisChange): Promise<AnalysisStep> => {
    const step = await writeChange(turn, change);
    if (approved !== undefined && step.kind === 'goOn')
      metrics.decided('Approved', secondsUntil(approved.end, approved.request));
    return step;
  };
  const fail = (reason: string, message: string): Promise<AnalysisStep> =>
    write(fails(reason, message, date().toISOString(), approved?.end));
  const spec = await specOf(turn, approved?.request);
  if ('message' in spec) return await fail(spec.reason, spec.message);
  const { metadata } = analysis;
  const name = approved?.request.spec.workflow.name ?? remediationName(metadata);
  const { group, version, kind } = workflowExecutionKind;
  const outcome = await createOnce<KubeObject>(
    client,
    {
      kind: workflowExecutionKind,
      namespace,
      name,
      analysis: metadata,
      body: {
        apiVersion: `${group}/${version}`,
        kind,
        metadata: {
          name,
          namespace,
          ownerReferences: [analysisOwnerReference(metadata)],
          ...(approved === undefined
            ? {}
            : { annotations: { [approvalAnnotations.request]: approved.request.metadata.name } }),
        },
        spec: spec.spec,
      },
    },
    signal,
  );
  if (outcome.kind === 'refused') return await fail('WorkflowRefused', outcome.message);
  const { uid } = outcome.answer.metadata;
  return await write(startsWorkflow({ name, uid }, approved?.end));
}

/** How long a person took, by the times that are stored. */
export function secondsUntil({ at }: Decided, { spec }: CachedRequest): number {
  const seconds = (Date.parse(at ?? '') - Date.parse(spec.requestedAt)) / 1_000;
  return Number.isNaN(seconds) ? 0 : seconds;
}

/**
 * What is to run. The analysis says it as well as the request, and is at hand; where plugins have changed since, only the
 * request has what was shown.
 */
async function specOf(
  { client, namespace, analysis, actions, signal }: AnalysisTurn,
  request: CachedRequest | undefined,
): Promise<{ readonly spec: WorkflowExecutionSpec } | { readonly reason: string; readonly message: string }> {
  const plan = planRemediation(analysis, actions);
  if (request === undefined) return plan;
  const { specHash: shown } = request.spec.workflow;
  if ('spec' in plan && plan.specHash === shown) return plan;
  const { name } = request.metadata;
  const found = await lookUp<StoredRequest>(client, { kind: aiApprovalRequestKind, namespace, name }, signal);
  const spec = found?.answer.spec.workflow.spec;
  if (spec !== undefined && specHash(spec) === shown) return { spec };
  return { reason: 'NotWhatWasShown', message: `${name} does not have the spec that its hash is of` };
}
