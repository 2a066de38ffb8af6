import type { Ledger } from './ledger.ts';
import type { VirtualReplica } from './virtual-replica.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** An API server gives up a write after this long. */
const writeDeadlineMilliseconds = 34_000;
const webhookTimeoutMilliseconds = 10_000;

/** How edits fare. */
export interface EditFaults {
  /** Milliseconds between two edits of one editor, from and to; some follow at once. */
  readonly pause: readonly [number, number];
  /** Probability that one is stored only seconds after it was admitted. */
  readonly slow: number;
}

/**
 * Plays the API server's part in an edit of a workflow: one that makes it need approval asks a replica first; an
 * approval does not. Both are stored only where nobody has written the workflow meanwhile.
 */
export async function virtualEdit(
  world: VirtualWorld,
  ledger: Ledger,
  replicas: () => readonly VirtualReplica[],
  faults: EditFaults,
  edit: { readonly workflow: string; readonly uid: string },
): Promise<void> {
  const { time, random, server, trace } = world;
  const { workflow, uid } = edit;
  const { epoch } = ledger;
  const began = time.now();
  const before = server.workflow(workflow);
  const begins = before?.gated !== true;
  trace?.('editor', `${begins ? 'edits' : 'approves'} ${workflow} by ${uid}`);
  if (begins && !(await isMarked())) return;
  const left = writeDeadlineMilliseconds - (time.now() - began);
  await time.sleep(random.chance(faults.slow) ? random.between(0, left) : random.between(0, 3));
  if (ledger.epoch !== epoch || server.workflow(workflow)?.resourceVersion !== before?.resourceVersion)
    return;
  server.writeWorkflow(workflow, begins);
  ledger.workflowWritten(workflow, begins);

  async function isMarked(): Promise<boolean> {
    const replica = random.pick(replicas().filter((candidate) => candidate.ready));
    if (replica === undefined) return false;
    await time.sleep(random.between(...world.network.faults.latency));
    if (!replica.alive) return false;
    const deadline = time.now() + webhookTimeoutMilliseconds - 500;
    const marked = replica.mark({ workflow, by: uid }, deadline).then(
      () => true,
      () => false,
    );
    const timeUp = time.sleep(webhookTimeoutMilliseconds).then(() => false);
    const isMarked = await Promise.race([marked, timeUp]);
    trace?.(replica.name, `${isMarked ? 'has marked' : 'cannot mark'} ${workflow} for ${uid}`);
    return isMarked && replica.alive;
  }
}
