import { rollbackOfAnnotation, workflowAnnotation, workflowLabel } from '../../src/api/names.ts';
import type { ObjectMeta } from '../../src/kube/kube-object.ts';
import type { IdentifiedExecution } from '../parallel/workflow-of.ts';

/** An execution as it is kept: what a plan reads, and nothing that can be large. */
export interface CachedExecution extends IdentifiedExecution {
  readonly spec?: IdentifiedExecution['spec'] & { readonly stepNumber?: unknown };
  readonly status?: {
    readonly phase?: unknown;
    readonly attempts?: unknown;
    readonly completionTime?: unknown;
    readonly message?: unknown;
  };
}

/** Whose it is, and what it undoes. */
const keptAnnotations: ReadonlySet<string> = new Set([workflowAnnotation, rollbackOfAnnotation]);

/** A status keeps no more of an execution's message; the execution itself has the rest. */
const longestMessage = 1_024;

/**
 * What is kept of an execution: thousands of them are, also of workflows that have settled. Parameters and results
 * are left to who runs them.
 */
export function shrinkExecution(item: CachedExecution): CachedExecution {
  const { spec, status } = item;
  const reference = spec?.workflowExecutionRef;
  return {
    metadata: shrinkMetadata(item.metadata),
    spec: {
      ...(spec?.stepNumber === undefined ? {} : { stepNumber: spec.stepNumber }),
      ...(reference ? { workflowExecutionRef: shrinkReference(reference) } : {}),
    },
    ...(status === undefined ? {} : { status: shrinkStatus(status) }),
  };
}

function shrinkMetadata(metadata: ObjectMeta): ObjectMeta {
  const { namespace, name, uid, resourceVersion, creationTimestamp, ownerReferences } = metadata;
  const label = metadata.labels?.[workflowLabel];
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) =>
    keptAnnotations.has(name),
  );
  return {
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    resourceVersion,
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(label === undefined ? {} : { labels: { [workflowLabel]: label } }),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  };
}

function shrinkReference({
  name,
  namespace,
}: NonNullable<NonNullable<IdentifiedExecution['spec']>['workflowExecutionRef']>) {
  return { ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) };
}

function shrinkStatus(
  status: NonNullable<CachedExecution['status']>,
): NonNullable<CachedExecution['status']> {
  const { phase, attempts, completionTime, message } = status;
  return {
    phase,
    ...(attempts === undefined ? {} : { attempts }),
    ...(completionTime === undefined ? {} : { completionTime }),
    ...(typeof message === 'string' ? { message: message.slice(0, longestMessage) } : {}),
  };
}
