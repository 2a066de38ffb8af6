import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { isSettledWorkflowPhase } from '../../src/api/phase.ts';
import { normaliseWorkflow } from '../../src/api/normalised-workflow.ts';
import { workflowExecutionSpecSchema } from '../../src/api/workflow-execution.ts';
import { inexactness } from '../../src/policy/approval/canonical-json.ts';
import type { GatedWorkflow } from '../../src/policy/approval/gate-execution.ts';
import { specHash } from '../../src/policy/approval/spec-hash.ts';

/** A WorkflowExecution as it comes from the API server. */
export interface WorkflowObject {
  readonly metadata?: {
    readonly name?: string | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly deletionTimestamp?: string | undefined;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/**
 * What policies on approval look at, or undefined where the spec cannot be read exactly, or is none: the CRD's
 * schema refuses it, or it is older than the schema.
 */
export function approvable(object: WorkflowObject, namespace: string): GatedWorkflow | undefined {
  const spec = workflowExecutionSpecSchema.safeParse(object.spec);
  if (!spec.success || inexactness(object.spec) !== undefined) return undefined;
  const { steps } = normaliseWorkflow(spec.data);
  let hash: string | undefined;
  return {
    namespace,
    name: object.metadata?.name ?? '',
    // Most workflows need no approval, and nobody asks for the hash of one that is created.
    get specHash() {
      hash ??= specHash(spec.data);
      return hash;
    },
    stepCount: steps.length,
    steps,
    serviceAccountName: spec.data.serviceAccountName,
    annotations: object.metadata?.annotations ?? {},
    deleting: object.metadata?.deletionTimestamp !== undefined,
    settled: isSettledWorkflowPhase(phaseOf(object.status)),
  };
}

/**
 * The workflow with what this installation has seen of its annotations. Where the stamps are not of this
 * installation, nobody has checked who wrote them: none of them counts, nor does a decision.
 */
export function asSeenBy(installation: string, workflow: GatedWorkflow): GatedWorkflow {
  if (isSealed(installation, workflow.annotations)) return workflow;
  const others = Object.entries(workflow.annotations).filter(([name]) => !ours.has(name));
  return {
    ...workflow,
    annotations: Object.fromEntries(others),
    uncountedDecision: workflow.annotations[approvalAnnotations.approved],
  };
}

/**
 * What an update says. An update of a workflow whose stamps are not ours (`sealed` is false) does not say what was
 * there before it.
 */
export function asWrittenOver(stored: GatedWorkflow, sealed: boolean, written: GatedWorkflow): GatedWorkflow {
  if (sealed) return written;
  const said = Object.entries(written.annotations).filter(
    ([name, value]) => !ours.has(name) || stored.annotations[name] !== value,
  );
  return { ...written, annotations: Object.fromEntries(said) };
}

/** Whether the stamps among these annotations are of this installation. */
export function isSealed(installation: string, annotations: GatedWorkflow['annotations']): boolean {
  return annotations[approvalAnnotations.installation] === installation;
}

const ours: ReadonlySet<string> = new Set(Object.values(approvalAnnotations));

function phaseOf(status: unknown): string | undefined {
  const phase: unknown =
    typeof status === 'object' && status !== null ? Reflect.get(status, 'phase') : undefined;
  return typeof phase === 'string' ? phase : undefined;
}
