import { afterwards, climates, weathers, type Climate, type Trouble } from './climates.ts';
import { createLedger } from './ledger.ts';
import { createRandom } from './random.ts';
import type { Symptoms } from './symptoms.ts';
import type { Trace } from './trace.ts';
import { createVirtualApiServer, type Backup } from './virtual-api-server.ts';
import { virtualCreate, type VirtualCreate } from './virtual-client.ts';
import { createVirtualNetwork } from './virtual-network.ts';
import { lifetimeMilliseconds, startVirtualReplica, type VirtualReplica } from './virtual-replica.ts';
import { createVirtualTime } from './virtual-time.ts';
import { virtualEdit } from './virtual-editor.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** What one run showed. */
export interface RunResult {
  readonly seed: number;
  readonly climate: Climate;
  readonly symptoms: Symptoms;
  readonly created: number;
  readonly denied: number;
}

/** Creates of the last check that one write may find not seen yet. */
const mostReservedAfterwards = 20;

/** Runs one seed to its end. The same seed and climate give the same run, always. */
export async function runSeed(
  seed: number,
  climate: Climate = climates[seed % climates.length] ?? 'calm',
  tracer?: (milliseconds: number, actor: string, what: string) => void,
): Promise<RunResult> {
  const weather = weathers[climate];
  const random = createRandom(seed);
  const time = createVirtualTime();
  const trace: Trace | undefined = tracer && ((actor, what) => tracer(time.now(), actor, what));
  const server = createVirtualApiServer(trace);
  const network = createVirtualNetwork(time, random, weather.network);
  const watchFaults = random.pick(weather.watches) ?? { lag: [0, 0], stuck: 0 };
  const ledger = createLedger(time, server, weather.judgedWithin);
  const world: VirtualWorld = { time, random, server, network, watchFaults, trace };

  let limit = random.between(1, weather.crowded ? 2 : 4);
  const workflows = Array.from(
    { length: random.between(1, weather.crowded ? 2 : 3) },
    (_, index) => `w${index}`,
  );
  const names = weather.crowded ? random.between(2, 4) : random.between(3, 9);
  if (weather.edits !== undefined) for (const workflow of workflows) server.writeWorkflow(workflow, false);
  // Executions from before the installation, never in any journal.
  for (const workflow of workflows) {
    for (let index = random.between(0, limit); index > 0; index -= 1)
      server.create(`${workflow}-old-${index}`, `old-${workflow}-${index}`, workflow);
    ledger.changed(workflow);
  }
  let started = 0;
  const startReplica = (): VirtualReplica => startVirtualReplica(world, `replica-${(started += 1)}`, limit);
  const replicas = Array.from({ length: random.between(...weather.replicas) }, startReplica);
  const alive = (): readonly VirtualReplica[] => replicas;
  ledger.limitsAre([limit]);

  const end = 120_000;
  let quiet = false;
  /** Made every second, the newest last. */
  const backups: Backup[] = [server.backup()];
  /** Seeds in which creates come seldom, so that what a stuck watch hides is not found out by a denial. */
  const unhurried = random.chance(weather.unhurried);

  let uids = 0;
  const nextUid = (): string => `uid-${(uids += 1)}`;
  function nextCreate(): VirtualCreate {
    const workflow = random.pick(workflows) ?? 'w0';
    const uid = nextUid();
    const freshName = random.chance(weather.crowded ? 0.3 : 0.4);
    const name = freshName ? `${workflow}-g${uids}` : `${workflow}-step-${random.between(1, names)}`;
    return {
      name,
      uid,
      workflow,
      freshName,
      dryRun: random.chance(0.05),
      apply: random.chance(weather.crowded ? 0.4 : 0.15),
    };
  }

  /** The same create twice: nobody can say that the name is new. */
  function twinsOf(create: VirtualCreate): VirtualCreate[] {
    return [create.uid, nextUid()].map((uid) => ({ ...create, uid, freshName: false }));
  }

  const clients = Array.from({ length: random.between(2, 6) }, async () => {
    while (!quiet) {
      await time.sleep(random.between(1, unhurried ? 25_000 : random.chance(0.3) ? 8_000 : 150));
      if (quiet) return;
      const create = nextCreate();
      const twins = random.chance(weather.twins) ? twinsOf(create) : [create];
      await Promise.all(twins.map((twin) => virtualCreate(world, ledger, alive, weather.creates, twin)));
    }
  });

  const { edits } = weather;
  const editors = Array.from({ length: edits === undefined ? 0 : workflows.length }, async () => {
    while (!quiet && edits !== undefined) {
      await time.sleep(random.chance(0.4) ? random.between(100, 3_000) : random.between(...edits.pause));
      if (quiet) return;
      const workflow = random.pick(workflows) ?? 'w0';
      await virtualEdit(world, ledger, alive, edits, { workflow, uid: nextUid() });
    }
  });

  function settleOrDelete(): void {
    const execution = random.pick([...server.executions.values()]);
    if (execution === undefined) return;
    const { name, workflow } = execution;
    const unseen = replicas.some((replica) => !replica.shows(workflow, name));
    if (!execution.settled && random.chance(0.7)) {
      if (unseen) ledger.excusedNames.add(name);
      server.settle(name);
    } else {
      // What came and went while the watch was stuck looks like a create that has yet to happen.
      if (unseen) ledger.excuse(workflow);
      server.remove(name);
    }
    ledger.changed(workflow);
  }

  const controllers = (async () => {
    while (!quiet) {
      await time.sleep(random.between(1, unhurried ? 90_000 : random.chance(0.2) ? 4_000 : 250));
      settleOrDelete();
    }
  })();

  const troubles: Readonly<Record<Trouble, () => void>> = {
    kill() {
      const index = random.between(0, replicas.length - 1);
      replicas[index]?.kill();
      replicas[index] = startReplica();
      limitsChanged();
    },
    breakWatch: () => random.pick(replicas)?.breakWatch(),
    changeLimit,
    restartServer,
    uninstall,
    restore,
    loseJournal,
  };
  const lots = Object.entries(weather.troubles).flatMap(([trouble, lots]) =>
    Array.from({ length: lots }, () => troubles[trouble as Trouble]),
  );

  const operator = (async () => {
    while (!quiet && weather.troubles.restore !== undefined) {
      await time.sleep(1_000);
      backups.push(server.backup());
      if (backups.length > 30) backups.shift();
    }
  })();

  const trouble = (async () => {
    while (!quiet) {
      await time.sleep(random.between(...weather.pauseBetweenTroubles));
      if (!quiet) random.pick(lots)?.();
    }
  })();

  /** While nobody asks us, executions come to exist that no journal knows. */
  function uninstall(): void {
    trace?.('operator', 'uninstalls the webhook and installs it again');
    for (const replica of replicas) replica.kill();
    for (const workflow of workflows) {
      while (ledger.busy(workflow) < limit && random.chance(0.7)) {
        const uid = nextUid();
        server.create(`${workflow}-past-${uid}`, uid, workflow);
        ledger.changed(workflow);
      }
    }
    for (const index of replicas.keys()) replicas[index] = startReplica();
    limitsChanged();
  }

  function limitsChanged(): void {
    ledger.limitsAre(replicas.map((each) => each.limit));
  }

  function changeLimit(): void {
    limit = random.between(1, weather.crowded ? 3 : 5);
    trace?.('operator', `sets the limit to ${limit}`);
    for (const replica of replicas) {
      time.setTimer(random.between(0, 2_000), () => {
        replica.limit = limit;
        limitsChanged();
      });
    }
  }

  function restartServer(): void {
    trace?.('operator', 'restarts the API server');
    ledger.epoch += 1;
    network.reset();
    network.refuseUntil(time.now() + random.between(100, 4_000));
    for (const replica of replicas) replica.breakWatch();
  }

  function restore(): void {
    restartServer();
    const keepJournal = random.chance(0.3);
    const backup = (random.chance(0.5) ? backups.at(-1) : random.pick(backups)) ?? server.backup();
    trace?.('operator', `restores revision ${backup.revision}${keepJournal ? ', but not the journal' : ''}`);
    server.restore(backup, keepJournal);
    backups.splice(0, backups.length, server.backup());
    for (const workflow of workflows) {
      ledger.changed(workflow);
      ledger.workflowWritten(workflow, server.workflow(workflow)?.gated === true);
    }
  }

  /** Somebody who may do everything deletes it, while replicas live that knew it. */
  function loseJournal(): void {
    if (!replicas.some((replica) => replica.ready)) return;
    server.removeJournal();
    if (random.chance(0.3)) return;
    // What it had admitted comes to exist while a replica, which has seen the new one's beginning, is shown nothing.
    time.setTimer(random.between(500, 15_000), () =>
      random.pick(replicas)?.stickWatch(random.between(30_000, 90_000)),
    );
  }

  await time.run(end);
  quiet = true;
  network.faults = afterwards.network;
  await time.run(end + lifetimeMilliseconds);
  for (const { name, gated } of server.workflows) if (gated) approve(name);
  await time.run(end + 3 * lifetimeMilliseconds + 30_000);
  void Promise.all([...clients, ...editors, controllers, operator, trouble]);
  const lostSlots: string[] = [];
  await expectAllSlotsBack();
  const { violations, unjustified, slow, counts } = ledger;
  return {
    seed,
    climate,
    symptoms: { violation: violations, 'lost-slots': lostSlots, unjustified, slow },
    ...counts,
  };

  function approve(workflow: string): void {
    server.writeWorkflow(workflow, false);
    ledger.workflowWritten(workflow, false);
  }

  /** Once it is quiet, every workflow gets exactly the slots that are free. */
  async function expectAllSlotsBack(): Promise<void> {
    for (const replica of replicas) replica.limit = limit;
    ledger.limitsAre([limit]);
    for (const workflow of workflows) {
      const active = [...server.executions.values()].filter(
        (each) => each.workflow === workflow && !each.settled,
      ).length;
      const free = Math.max(0, limit - active);
      const results: string[] = [];
      const tries = (async () => {
        for (let index = 0; index <= free; index += 1) {
          const name = `${workflow}-last-${index}`;
          results.push(
            await virtualCreate(world, ledger, alive, afterwards.creates, {
              name,
              uid: nextUid(),
              workflow,
              freshName: true,
              dryRun: false,
              apply: false,
            }),
          );
        }
      })();
      await time.run(time.now() + 60_000);
      void tries;
      const expected = [...Array.from({ length: free }, () => 'created'), 'denied'];
      if (results.join() !== expected.join()) {
        lostSlots.push(
          `${workflow}: ${free} slots were free at the end, creates gave ${results.join() || 'no answer'}`,
        );
      }
    }
    // What was seen is dropped by the next write, so that a journal holds what the last creates have left.
    const reserved = server.journal?.reservations.flatMap(({ uids }) => uids).length ?? 0;
    if (reserved > mostReservedAfterwards) lostSlots.push(`the journal holds ${reserved} uids at the end`);
  }
}
