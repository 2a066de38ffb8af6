import { rollbackPhases, stepPhases, workflowPhases } from '../../src/api/phase.ts';
import type { RollbackPhase, StepPhase, WorkflowPhase } from '../../src/api/phase.ts';

/** Any fields, by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a status says of a step. What is unknown, as of a newer version, is as if it were not there. */
export interface RecordedStep {
  readonly phase: StepPhase | undefined;
  readonly execution: string | undefined;
  readonly rollback: RollbackPhase | undefined;
  readonly startTime: string | undefined;
  readonly completionTime: string | undefined;
  readonly attempts: number | undefined;
  readonly message: string | undefined;
  /** The entry as it is stored. */
  readonly raw: Fields;
}

/** What a status says of its workflow. */
export interface RecordedStatus {
  readonly phase: WorkflowPhase | undefined;
  readonly startTime: string | undefined;
  /** By step number, in the order of the status. */
  readonly steps: ReadonlyMap<number, RecordedStep>;
  readonly conditions: readonly Fields[];
  /** The status as it is stored. */
  readonly raw: Fields;
}

/** Reads whatever stands in a status; nothing in it is an error. */
export function readStatus(status: unknown): RecordedStatus {
  const raw = fieldsOf(status);
  const steps = new Map<number, RecordedStep>();
  for (const entry of listOf(raw['stepStatuses'])) {
    const { stepNumber } = entry;
    if (typeof stepNumber === 'number') steps.set(stepNumber, readStep(entry));
  }
  return {
    phase: oneOf(workflowPhases, raw['phase']),
    startTime: textOf(raw['startTime']),
    steps,
    conditions: listOf(raw['conditions']),
    raw,
  };
}

function readStep(raw: Fields): RecordedStep {
  return {
    phase: oneOf(stepPhases, raw['phase']),
    execution: textOf(raw['execution']),
    rollback: oneOf(rollbackPhases, raw['rollback']),
    startTime: textOf(raw['startTime']),
    completionTime: textOf(raw['completionTime']),
    attempts: typeof raw['attempts'] === 'number' ? raw['attempts'] : undefined,
    message: textOf(raw['message']),
    raw,
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function oneOf<Word extends string>(words: readonly Word[], value: unknown): Word | undefined {
  return words.find((word) => word === value);
}
