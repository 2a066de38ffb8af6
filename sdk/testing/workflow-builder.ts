import { workflowExecutionKind } from '../../src/api/names.ts';
import type { Metadata } from '../../src/api/object-meta.ts';
import type { WorkflowPhase } from '../../src/api/phase.ts';
import type { PlanStep, WorkflowExecution } from '../../src/api/workflow-execution.ts';

/** A step whose missing parts the builder fills in: the next number, an action. */
export type StepDraft = Partial<PlanStep>;

interface WorkflowDraft {
  readonly metadata: Metadata;
  readonly steps: readonly PlanStep[];
  readonly spec: Readonly<Record<string, unknown>>;
  readonly asDefinition: boolean;
  readonly phase?: WorkflowPhase;
}

/**
 * A WorkflowExecution in a few words. Each method returns a new builder, so a half-built one can be shared.
 * @example makeWorkflow('restart').inNamespace('shop').steps(10).build()
 */
export function makeWorkflow(name: string): WorkflowBuilder {
  return new WorkflowBuilder({ metadata: { name }, steps: [], spec: {}, asDefinition: false });
}

/** See {@link makeWorkflow}. */
export class WorkflowBuilder {
  readonly #draft: WorkflowDraft;

  constructor(draft: WorkflowDraft) {
    this.#draft = draft;
  }

  inNamespace(namespace: string): WorkflowBuilder {
    return this.#withMetadata({ namespace });
  }

  uid(uid: string): WorkflowBuilder {
    return this.#withMetadata({ uid });
  }

  label(key: string, value: string): WorkflowBuilder {
    return this.#withMetadata({ labels: { ...this.#draft.metadata.labels, [key]: value } });
  }

  annotate(key: string, value: string): WorkflowBuilder {
    return this.#withMetadata({ annotations: { ...this.#draft.metadata.annotations, [key]: value } });
  }

  /** One more step; what the draft leaves out is numbered on, and scales a deployment. */
  step(draft: StepDraft = {}): WorkflowBuilder {
    const { steps } = this.#draft;
    return this.#with({
      steps: [...steps, { stepNumber: steps.length + 1, action: 'scale_deployment', ...draft }],
    });
  }

  /** That many more steps, all of which can run at once. */
  steps(count: number, draft: StepDraft = {}): WorkflowBuilder {
    return this.#times(count, (builder) => builder.step({ parameters: { replicas: '3' }, ...draft }));
  }

  /** That many more steps, each of which needs the one before it. */
  chain(count: number): WorkflowBuilder {
    return this.#times(count, (builder) => {
      const last = builder.#draft.steps.at(-1);
      return builder.step(last && { dependencies: [String(last.stepNumber)] });
    });
  }

  /** In kubernaut's shape: `spec.workflowDefinition`, with dependencies as numbers. */
  asDefinition(): WorkflowBuilder {
    return this.#with({ asDefinition: true });
  }

  /** Any other field of the spec, for example `paused` or `serviceAccountName`. */
  withSpec(fields: Readonly<Record<string, unknown>>): WorkflowBuilder {
    return this.#with({ spec: { ...this.#draft.spec, ...fields } });
  }

  phase(phase: WorkflowPhase): WorkflowBuilder {
    return this.#with({ phase });
  }

  build(): WorkflowExecution {
    const { metadata, steps, spec, asDefinition, phase } = this.#draft;
    return structuredClone({
      apiVersion: `${workflowExecutionKind.group}/${workflowExecutionKind.version}`,
      kind: workflowExecutionKind.kind,
      metadata,
      spec: {
        ...(asDefinition
          ? { workflowDefinition: { steps: steps.map(toDefinitionStep) } }
          : { steps: [...steps] }),
        ...spec,
      },
      ...(phase !== undefined && { status: { phase } }),
    });
  }

  #times(count: number, grow: (builder: WorkflowBuilder) => WorkflowBuilder): WorkflowBuilder {
    return Array.from({ length: count }).reduce<WorkflowBuilder>((builder) => grow(builder), this);
  }

  #withMetadata(change: Metadata): WorkflowBuilder {
    return this.#with({ metadata: { ...this.#draft.metadata, ...change } });
  }

  #with(change: Partial<WorkflowDraft>): WorkflowBuilder {
    return new WorkflowBuilder({ ...this.#draft, ...change });
  }
}

function toDefinitionStep({ dependencies, ...step }: PlanStep) {
  return dependencies === undefined ? step : { ...step, dependsOn: dependencies.map(Number) };
}
