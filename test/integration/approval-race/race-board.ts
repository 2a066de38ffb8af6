import { approvalAnnotations } from '../../../src/api/approval-annotations.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { specHash } from '../../../src/policy/approval/spec-hash.ts';
import type { AdmittedExecution, WorkflowState } from './race-history.ts';

type Spec = WorkflowExecution['spec'];

/** What all clients of one workflow have seen of it so far. */
export interface RaceBoard {
  readonly name: string;
  readonly states: WorkflowState[];
  readonly admitted: AdmittedExecution[];
  /** How often the hash of a spec that had changed was refused for that. */
  staleHashes: number;
  /** How many creates were refused for want of an approval, by the reason of the cause. */
  readonly refused: Map<string, number>;
  /** A version that no spec had before. */
  nextVersion(): number;
  /** Writes the workflow and puts down what the answer shows; rejects as `send` does, which then wrote nothing. */
  write(send: () => Promise<WorkflowExecution>, isNewSpec?: boolean): Promise<void>;
  /** The admitted executions that can be judged now: every write that was sent before their answer is answered. */
  judgeable(): readonly AdmittedExecution[];
  /** The versions of the latest state that anybody has seen, of the last one before that, and of the first of all. */
  versions(): readonly [now: number, before: number, first: number];
}

/** Every fourth version needs no approval; the steps of a version do what no others do. */
export function specOf(name: string, version: number): Spec {
  const count = version % 4 === 3 ? 10 : 12;
  return makeWorkflow(name).steps(count, { parameters: { version } }).build().spec;
}

/** An empty board; `write` comes before `versions`. */
export function createRaceBoard(name: string): RaceBoard {
  const states: WorkflowState[] = [];
  const admitted: AdmittedExecution[] = [];
  const underWay = new Set<{ readonly sentAt: number }>();
  let version = 0;
  return {
    name,
    states,
    admitted,
    staleHashes: 0,
    refused: new Map(),
    nextVersion: () => (version += 1),
    async write(send, isNewSpec = false) {
      const request = { sentAt: performance.now() };
      underWay.add(request);
      try {
        const workflow = await send();
        states.push({ ...stateOf(workflow), ...request, answeredAt: performance.now(), isNewSpec });
      } finally {
        underWay.delete(request);
      }
    },
    judgeable: () =>
      admitted.filter(({ answeredAt }) => [...underWay].every(({ sentAt }) => sentAt > answeredAt)),
    versions() {
      const seen = states
        .toSorted((left, right) => right.revision - left.revision)
        .map((state) => state.version);
      const [now] = seen;
      if (now === undefined) throw new RangeError(`nobody has seen ${name}`);
      return [now, seen.find((each) => each !== now) ?? now, seen.at(-1) ?? now];
    },
  };
}

function stateOf({ metadata, spec }: WorkflowExecution) {
  const annotations = metadata.annotations ?? {};
  const approved = annotations[approvalAnnotations.approved];
  return {
    revision: Number(metadata.resourceVersion),
    steps: spec.steps?.length ?? 0,
    decision: approved === undefined ? undefined : approved === 'false' ? 'rejected' : 'approved',
    approvedSpec: annotations[approvalAnnotations.approvedSpec],
    specHash: specHash(spec),
    threshold: Number(annotations[approvalAnnotations.threshold]),
    version: Number(spec.steps?.[0]?.parameters?.['version']),
  } as const;
}
