import { rollbackOfAnnotation, workflowExecutionKind } from '../../src/api/names.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { CachedExecution } from './cached-execution.ts';

/** An execution of a workflow, as far as a plan looks at it. */
export interface ObservedExecution {
  readonly name: string;
  readonly uid: string;
  readonly stepNumber: number | undefined;
  /** Name of the execution that it undoes; undefined where it says of none. */
  readonly undoes: string | undefined;
  /** As it is written, known or not. */
  readonly phase: string | undefined;
  /** Settled, and for ever: it holds no slot. */
  readonly settled: boolean;
  /** Uid of the workflow that owns it. */
  readonly ownerUid: string | undefined;
  /** RFC 3339. */
  readonly createdAt: string | undefined;
  readonly completedAt: string | undefined;
  readonly attempts: number | undefined;
  readonly message: string | undefined;
  /** It was deleted, and this is its last state: it holds no slot. */
  readonly departed: boolean;
}

/** What is known of an execution besides the object. */
export interface Observation {
  /** It was deleted, and the object is its last state. */
  readonly departed?: boolean;
  /** When it was seen to settle, RFC 3339: for whoever has settled it and did not say when. */
  readonly settledAt?: string | undefined;
}

/** What the cache shows of an execution, or had shown of one that is deleted. */
export function observe(
  item: CachedExecution,
  { departed = false, settledAt }: Observation = {},
): ObservedExecution {
  const { metadata, spec, status } = item;
  const phase = text(status?.phase);
  return {
    name: metadata.name,
    uid: metadata.uid,
    stepNumber: number(spec?.stepNumber),
    undoes: metadata.annotations?.[rollbackOfAnnotation],
    phase,
    settled: isSettledExecutionPhase(phase),
    ownerUid: metadata.ownerReferences?.find(isWorkflow)?.uid,
    createdAt: metadata.creationTimestamp,
    completedAt: text(status?.completionTime) ?? settledAt,
    attempts: number(status?.attempts),
    message: text(status?.message),
    departed,
  };
}

function isWorkflow(owner: { readonly kind: string; readonly apiVersion: string }): boolean {
  return (
    owner.kind === workflowExecutionKind.kind &&
    owner.apiVersion.startsWith(`${workflowExecutionKind.group}/`)
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
