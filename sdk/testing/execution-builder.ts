import type { KubernetesExecution, KubernetesExecutionSpec } from '../../src/api/kubernetes-execution.ts';
import {
  kubernetesExecutionKind,
  labelValueMaxLength,
  workflowAnnotation,
  workflowExecutionKind,
  workflowLabel,
} from '../../src/api/names.ts';
import type { Metadata } from '../../src/api/object-meta.ts';
import type { ExecutionPhase } from '../../src/api/phase.ts';

interface ExecutionDraft {
  readonly metadata: Metadata;
  readonly spec: KubernetesExecutionSpec;
  readonly phase?: ExecutionPhase;
}

/**
 * A KubernetesExecution in a few words; it scales a deployment as step 1 and names no workflow until told.
 * Each method returns a new builder.
 * @example makeExecution('restart-step-1').inNamespace('shop').of('restart').build()
 */
export function makeExecution(name: string): ExecutionBuilder {
  return new ExecutionBuilder({ metadata: { name }, spec: { stepNumber: 1, action: 'scale_deployment' } });
}

/** One whose name the API server makes up. */
export function makeGeneratedExecution(generateName: string): ExecutionBuilder {
  return new ExecutionBuilder({
    metadata: { generateName },
    spec: { stepNumber: 1, action: 'scale_deployment' },
  });
}

/** See {@link makeExecution}. */
export class ExecutionBuilder {
  readonly #draft: ExecutionDraft;

  constructor(draft: ExecutionDraft) {
    this.#draft = draft;
  }

  inNamespace(namespace: string): ExecutionBuilder {
    return this.#withMetadata({ namespace });
  }

  uid(uid: string): ExecutionBuilder {
    return this.#withMetadata({ uid });
  }

  /** Names the workflow as our controller does: by the label, or by the annotation where it is too long for that. */
  of(workflow: string): ExecutionBuilder {
    return workflow.length <= labelValueMaxLength
      ? this.label(workflowLabel, workflow)
      : this.annotate(workflowAnnotation, workflow);
  }

  /** Names the workflow in the spec. */
  referringTo(workflow: string, namespace?: string): ExecutionBuilder {
    return this.withSpec({
      workflowExecutionRef: { name: workflow, ...(namespace !== undefined && { namespace }) },
    });
  }

  /** Names the workflow by an owner reference; a controller's unless told otherwise. */
  ownedBy(
    workflow: string,
    uid = '00000000-0000-4000-8000-000000000000',
    controller = true,
  ): ExecutionBuilder {
    const owner = {
      apiVersion: `${workflowExecutionKind.group}/${workflowExecutionKind.version}`,
      kind: workflowExecutionKind.kind,
      name: workflow,
      uid,
      controller,
    };
    return this.#withMetadata({ ownerReferences: [...(this.#draft.metadata.ownerReferences ?? []), owner] });
  }

  label(key: string, value: string): ExecutionBuilder {
    return this.#withMetadata({ labels: { ...this.#draft.metadata.labels, [key]: value } });
  }

  annotate(key: string, value: string): ExecutionBuilder {
    return this.#withMetadata({ annotations: { ...this.#draft.metadata.annotations, [key]: value } });
  }

  finalizer(finalizer: string): ExecutionBuilder {
    return this.#withMetadata({ finalizers: [...(this.#draft.metadata.finalizers ?? []), finalizer] });
  }

  step(stepNumber: number): ExecutionBuilder {
    return this.withSpec({ stepNumber });
  }

  withSpec(fields: Partial<KubernetesExecutionSpec>): ExecutionBuilder {
    return this.#with({ spec: { ...this.#draft.spec, ...fields } });
  }

  /** The API server drops a status from a create: this is for fakes, and for writes of the status. */
  phase(phase: ExecutionPhase): ExecutionBuilder {
    return this.#with({ phase });
  }

  build(): KubernetesExecution {
    const { metadata, spec, phase } = this.#draft;
    return structuredClone({
      apiVersion: `${kubernetesExecutionKind.group}/${kubernetesExecutionKind.version}`,
      kind: kubernetesExecutionKind.kind,
      metadata,
      spec,
      ...(phase !== undefined && { status: { phase } }),
    });
  }

  #withMetadata(change: Metadata): ExecutionBuilder {
    return this.#with({ metadata: { ...this.#draft.metadata, ...change } });
  }

  #with(change: Partial<ExecutionDraft>): ExecutionBuilder {
    return new ExecutionBuilder({ ...this.#draft, ...change });
  }
}
