import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { normaliseWorkflow } from '../../src/api/normalised-workflow.ts';
import { workflowExecutionSpecSchema } from '../../src/api/workflow-execution.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { checkGraph } from '../../src/policy/workflow-graph.ts';
import type { PlannedWorkflow } from './plan-facts.ts';

/** A workflow as the API server has it: nobody has checked its spec here. */
export interface StoredWorkflow extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** A workflow as it is kept. */
export interface CachedWorkflow extends KubeObject {
  readonly read: ReadSpec;
  readonly status?: unknown;
}

/** What is kept of a workflow. Its spec is read once for each of its generations, for it may have a thousand steps. */
export function shrinkWorkflow(
  { metadata, spec, status }: StoredWorkflow,
  before: CachedWorkflow | undefined,
): CachedWorkflow {
  const { managedFields: _, annotations, ...rest } = metadata;
  // What kubectl apply writes down is the whole spec once more.
  const { 'kubectl.kubernetes.io/last-applied-configuration': __, ...kept } = annotations ?? {};
  const isRead =
    before?.metadata.uid === metadata.uid &&
    before.metadata.generation === metadata.generation &&
    metadata.generation !== undefined;
  return {
    metadata: { ...rest, annotations: kept },
    read: isRead ? before.read : readSpec(spec),
    status,
  };
}

/** What a spec comes to. */
export interface ReadSpec extends Pick<PlannedWorkflow, 'steps' | 'invalid' | 'paused'> {
  readonly serviceAccountName: string | undefined;
}

/** Reads a spec. One that the schema of today refuses, or that nothing could run, says why in `invalid`. Never throws. */
export function readSpec(spec: unknown): ReadSpec {
  try {
    return parseSpec(spec);
  } catch (error) {
    // A watch shows all workflows: one must not keep the others from being seen.
    return unrunnable(`spec: ${error instanceof Error ? error.message : 'it cannot be read'}`);
  }
}

function parseSpec(spec: unknown): ReadSpec {
  const parsed = workflowExecutionSpecSchema.safeParse(spec);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = ['spec', ...(issue?.path ?? [])].join('.');
    return unrunnable(`${where}: ${issue?.message ?? 'it is none'}`);
  }
  const { steps } = normaliseWorkflow(parsed.data);
  const fields =
    parsed.data.steps === undefined
      ? { steps: 'spec.workflowDefinition.steps', dependencies: 'dependsOn' }
      : { steps: 'spec.steps', dependencies: 'dependencies' };
  const fault = checkGraph(steps, fields);
  if (fault !== undefined) return unrunnable(fault.message);
  const { paused = false, serviceAccountName } = parsed.data;
  return { steps, invalid: undefined, paused, serviceAccountName };
}

function unrunnable(invalid: string): ReadSpec {
  return { steps: [], invalid, paused: false, serviceAccountName: undefined };
}

/** What the annotations say of approval. The gate alone knows; this only spares it questions. */
export type ApprovalHint = 'none' | 'waiting' | 'rejected';

export function approvalHint({ metadata }: KubeObject, threshold: number): ApprovalHint {
  const { annotations = {} } = metadata;
  const decision = annotations[approvalAnnotations.approved];
  if (decision === 'false') return 'rejected';
  if (annotations[approvalAnnotations.required] !== 'true' || decision !== undefined) return 'none';
  const steps = Number(annotations[approvalAnnotations.stepCount]);
  return steps <= threshold ? 'none' : 'waiting';
}

/** Changes when something does that may change the gate's mind. */
export function approvalToken({ metadata }: KubeObject, ...settings: readonly unknown[]): string {
  const { annotations = {}, generation } = metadata;
  return JSON.stringify([
    generation,
    Object.values(approvalAnnotations).map((name) => annotations[name]),
    settings,
  ]);
}
