import type { Ledger } from './ledger.ts';
import type { ReplicaOutcome, VirtualReplica } from './virtual-replica.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** How creates fare between admission and storage. Probabilities per create. */
export interface CreateFaults {
  /** Refused after us: by ResourceQuota, by another webhook, by a client that went away. */
  readonly refusedLater: number;
  /** Stored only seconds after it was admitted. */
  readonly slow: number;
  /** The API server asks a second time with the same uid, another replica maybe. */
  readonly askedAgain: number;
}

/** A create as a client sends it. */
export interface VirtualCreate {
  readonly name: string;
  readonly uid: string;
  readonly workflow: string;
  /** Nobody else uses the name. */
  readonly freshName: boolean;
  readonly dryRun: boolean;
  readonly apply: boolean;
}

/** How a create ended. */
export type CreateResult = 'created' | 'updated' | 'denied' | 'unapproved' | 'exists' | 'failed' | 'dryRun';

/** An API server gives up a create after this long. Source: `requestTimeoutUpperBound` of apiserver's create handler. */
const createDeadlineMilliseconds = 34_000;
const webhookTimeoutMilliseconds = 10_000;

/** Plays the API server's part in a create: asks a replica, then stores. */
export async function virtualCreate(
  world: VirtualWorld,
  ledger: Ledger,
  replicas: () => readonly VirtualReplica[],
  faults: CreateFaults,
  create: VirtualCreate,
): Promise<CreateResult> {
  const { time, random, server, trace } = world;
  const { name, uid, workflow } = create;
  const epoch = ledger.epoch;
  if (server.executions.has(name) && create.apply) return 'updated';
  const underWay = ledger.begin(create);
  trace?.(
    'client',
    `creates ${name} of ${workflow} as ${uid}${create.apply ? ' by apply' : ''}${create.dryRun ? ', dry run' : ''}`,
  );
  try {
    const result = await attempt();
    trace?.('client', `${name} ${uid}: ${result}`);
    return result;
  } finally {
    ledger.end(underWay);
  }

  async function attempt(): Promise<CreateResult> {
    let outcome = await ask();
    if (random.chance(faults.askedAgain)) outcome = (await ask()) ?? outcome;
    if (outcome === undefined || ledger.epoch !== epoch) return 'failed';
    if (outcome.kind === 'alreadyExists') return 'exists';
    if (outcome.kind === 'limitReached') {
      ledger.denied(underWay);
      return 'denied';
    }
    if (outcome.kind === 'unapproved') return 'unapproved';
    if (create.dryRun) return 'dryRun';
    if (random.chance(faults.refusedLater)) return excused('failed');
    const left = createDeadlineMilliseconds - (time.now() - underWay.began);
    const slow = random.chance(faults.slow);
    if (slow) ledger.excusedNames.add(name);
    await time.sleep(slow ? random.between(0, left) : random.between(0, 3));
    if (ledger.epoch !== epoch) return 'failed';
    if (server.create(name, uid, workflow) === undefined) {
      if (create.apply) return excused('updated');
      // Others waited for this name's outcome as long as they do, and then shared its slot.
      return ledger.excusedNames.has(name) ? excused('exists') : 'exists';
    }
    ledger.created(underWay);
    return 'created';
  }

  /** Of two that race by server-side apply, the loser becomes an update: its slot is lost for a lifetime. */
  function excused(result: CreateResult): CreateResult {
    ledger.excuse(workflow);
    return result;
  }

  async function ask(): Promise<ReplicaOutcome | undefined> {
    const replica = random.pick(replicas().filter((candidate) => candidate.ready));
    if (replica === undefined) return undefined;
    await time.sleep(random.between(...world.network.faults.latency));
    if (!replica.alive) return undefined;
    const asked = time.now();
    const deadline = asked + webhookTimeoutMilliseconds - 500;
    const decided = replica.decide({ ...create, enforce: true, deadline }).catch((error: unknown) => {
      trace?.(
        replica.name,
        `cannot answer ${uid}: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
    });
    const outcome = await Promise.race([decided, timeUp()]);
    trace?.(
      replica.name,
      `answers ${name} ${uid}: ${describe(outcome)}${replica.alive ? '' : ', but has died'}`,
    );
    if (create.freshName) ledger.answered(underWay, asked);
    // An answer of a process that has died meanwhile is lost.
    return replica.alive ? outcome : undefined;
  }

  async function timeUp(): Promise<undefined> {
    await time.sleep(webhookTimeoutMilliseconds);
    return undefined;
  }
}

function describe(outcome: ReplicaOutcome | undefined): string {
  if (outcome === undefined) return 'nothing';
  if (outcome.kind === 'admitted') return `admitted, ${outcome.used} of ${outcome.limit} slots`;
  if (outcome.kind === 'alreadyExists') return 'the name exists';
  if (outcome.kind !== 'limitReached') return outcome.kind;
  return `denied, ${outcome.limit} slots held by ${outcome.holders.map(({ name, state }) => `${name} (${state})`).join(', ')}`;
}
