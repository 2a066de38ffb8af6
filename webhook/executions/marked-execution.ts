import type { WorkflowMarks } from '../../src/policy/workflow-identity.ts';

/** An execution as it comes from outside: metadata that was looked at, a spec that was not. */
export interface UncheckedExecution {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly ownerReferences?: readonly object[] | undefined;
  };
  readonly spec?: unknown;
}

/** The marks by which its workflow is known. What has the wrong type says nothing: the CRD's schema refuses it. */
export function markedExecution({ metadata, spec }: UncheckedExecution, namespace: string): WorkflowMarks {
  const reference = field(spec, 'workflowExecutionRef');
  return {
    namespace,
    labels: metadata?.labels,
    annotations: metadata?.annotations,
    ownerReferences: (metadata?.ownerReferences ?? []).map((owner) => ({
      apiVersion: textField(owner, 'apiVersion'),
      kind: textField(owner, 'kind'),
      name: textField(owner, 'name'),
      controller: field(owner, 'controller') === true,
    })),
    workflowExecutionRef: {
      name: textField(reference, 'name'),
      namespace: textField(reference, 'namespace'),
    },
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textField(value: unknown, name: string): string {
  const text = field(value, name);
  return typeof text === 'string' ? text : '';
}
