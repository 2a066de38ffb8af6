import type { KubernetesExecution, KubernetesExecutionSpec } from '../../src/api/kubernetes-execution.ts';
import {
  kubernetesExecutionKind,
  labelValueMaxLength,
  rollbackOfAnnotation,
  workflowAnnotation,
  workflowExecutionKind,
  workflowLabel,
} from '../../src/api/names.ts';
import type { Metadata } from '../../src/api/object-meta.ts';
import { formatSeconds } from './format-seconds.ts';
import { executionName } from './execution-name.ts';

/** The workflow that an execution is built for. */
export interface BuiltFor {
  readonly metadata: Pick<Metadata, 'name' | 'namespace' | 'uid'>;
  readonly spec?: { readonly serviceAccountName?: string | undefined } | undefined;
}

/** What an execution is to do: a step as it was normalised, or any object with these fields. */
export interface ExecutableStep {
  readonly stepNumber: number;
  readonly action: string;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Attempts after the first one. Absent or 0: none. */
  readonly maxRetries?: number | undefined;
  /** As the spec of a workflow writes it, `5m`; absent: see `timeoutSeconds`. */
  readonly timeout?: string | undefined;
  /** For one attempt. Absent: no limit. */
  readonly timeoutSeconds?: number | undefined;
  readonly targetCluster?: string | undefined;
}

/** The execution that does a step. It is owned by its workflow, so that it goes with it. */
export function buildExecution(workflow: BuiltFor, step: ExecutableStep): KubernetesExecution {
  return build(workflow, executionName(workflow.metadata.name ?? '', step.stepNumber), step, {});
}

/** The execution that undoes a step by an action and parameters of its own. */
export function buildRollback(
  workflow: BuiltFor,
  step: Pick<ExecutableStep, 'stepNumber' | 'targetCluster'>,
  rollback: Omit<ExecutableStep, 'stepNumber'>,
): KubernetesExecution {
  const name = executionName(workflow.metadata.name ?? '', step.stepNumber, 'rollback');
  const { stepNumber, targetCluster } = step;
  return build(workflow, name, { ...rollback, stepNumber, targetCluster }, {});
}

/**
 * The execution that undoes a step by the rollback of the step's own action: it has the step's action and parameters,
 * and an annotation that names the execution to undo.
 */
export function buildActionRollback(
  workflow: BuiltFor,
  step: ExecutableStep,
  undone: string,
): KubernetesExecution {
  const name = executionName(workflow.metadata.name ?? '', step.stepNumber, 'rollback');
  return build(workflow, name, step, { [rollbackOfAnnotation]: undone });
}

function build(
  workflow: BuiltFor,
  name: string,
  step: ExecutableStep,
  marks: Readonly<Record<string, string>>,
): KubernetesExecution {
  const { namespace, name: workflowName = '' } = workflow.metadata;
  const fits = workflowName.length <= labelValueMaxLength;
  const annotations = { ...marks, ...(fits ? {} : { [workflowAnnotation]: workflowName }) };
  return {
    apiVersion: `${kubernetesExecutionKind.group}/${kubernetesExecutionKind.version}`,
    kind: kubernetesExecutionKind.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(fits ? { labels: { [workflowLabel]: workflowName } } : {}),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...ownerOf(workflow),
    },
    spec: specOf(workflow, workflowName, step),
  };
}

/** Without a uid there is nothing that could own. */
function ownerOf({ metadata }: BuiltFor): Pick<Metadata, 'ownerReferences'> {
  if (metadata.uid === undefined) return {};
  const owner = {
    apiVersion: `${workflowExecutionKind.group}/${workflowExecutionKind.version}`,
    kind: workflowExecutionKind.kind,
    name: metadata.name ?? '',
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return { ownerReferences: [owner] };
}

function specOf(workflow: BuiltFor, workflowName: string, step: ExecutableStep): KubernetesExecutionSpec {
  const { stepNumber, action, parameters = {}, maxRetries = 0, targetCluster } = step;
  const timeout = step.timeout ?? formatSeconds(step.timeoutSeconds);
  const serviceAccountName = workflow.spec?.serviceAccountName;
  return {
    workflowExecutionRef: { name: workflowName },
    stepNumber,
    action,
    parameters: { ...parameters },
    ...(maxRetries === 0 ? {} : { maxRetries }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(targetCluster === undefined ? {} : { targetCluster }),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
  };
}
