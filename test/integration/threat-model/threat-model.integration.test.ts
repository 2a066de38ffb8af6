import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubeStatusError } from '../../../src/kube/kube-status-error.ts';
import { eventually } from '../../cluster/eventually.ts';
import type { Attempt } from './attempt.ts';
import { attempts } from './attempts.ts';
import { changeCluster } from './cluster-changes.ts';
import { forbiddenExists, type Ground, groundOf } from './ground.ts';
import type { Guard } from './guard.ts';
import { guardNames, guards } from './guards.ts';
import { startThreatCluster, type ThreatCluster } from './threat-cluster.ts';

let cluster: ThreatCluster;
const grounds = new Map<string, Ground>();

beforeAll(async () => {
  cluster = await startThreatCluster(async (early) => {
    for (const attempt of attempts.filter(({ before }) => before !== undefined)) {
      for (const kind of ['with', 'without'] as const)
        await attempt.before?.(await groundFor(attempt, kind, early));
    }
  });
});

afterAll(async () => {
  await cluster?.stop();
});

/** Namespaces are numbered as the table is. */
async function groundFor(attempt: Attempt, kind: string, on = cluster): Promise<Ground> {
  const namespace = `${kind}-${numberOf(attempt)}`;
  const known = grounds.get(namespace);
  if (known !== undefined) return known;
  await on.namespace(namespace);
  const ground = groundOf(on, namespace, attempt.user);
  grounds.set(namespace, ground);
  return ground;
}

async function play(attempt: Attempt, kind: string): Promise<{ ground: Ground; succeeded: boolean }> {
  const ground = await groundFor(attempt, kind);
  await attempt.run(ground);
  return { ground, succeeded: await (attempt.succeeded ?? forbiddenExists)(ground) };
}

const numberOf = (attempt: Attempt) => attempts.indexOf(attempt) + 1;

describe('with every guard', () => {
  for (const attempt of attempts) {
    it(`${numberOf(attempt)}. ${attempt.user} cannot ${attempt.attempt}`, async () => {
      const { ground, succeeded } = await play(attempt, 'with');
      expect(succeeded).toBe(false);
      expect(ground.refusals.join('\n')).toMatch(guards[attempt.guard].says);
    });
  }
});

/** A guard of the cluster is gone once the API server has noticed: the attempt is repeated until then. */
async function playUntilNoticed(attempt: Attempt): Promise<boolean> {
  let tries = 0;
  await eventually('the API server does without the guard', async () => {
    tries += 1;
    try {
      return (await play(attempt, `without-${tries}`)).succeeded;
    } catch (error) {
      // A change of a CRD closes its storage for a moment.
      if (error instanceof KubeStatusError) return false;
      throw error;
    }
  });
  return true;
}

// Guards of the cluster stay away once they are taken: they come last.
const ofCode = guardNames.filter((name) => 'edits' in guards[name].without);
const ofCluster = guardNames.filter((name) => !ofCode.includes(name));

for (const name of [...ofCode, ...ofCluster]) {
  const { without }: Guard = guards[name];
  describe(`without ${name}`, () => {
    beforeAll(async () => {
      await cluster.use('edits' in without ? name : undefined);
      if ('cluster' in without) await changeCluster(cluster, without.cluster);
    });

    for (const attempt of attempts.filter(({ guard }) => guard === name)) {
      it(`${numberOf(attempt)}. ${attempt.user} can ${attempt.attempt}`, async () => {
        const succeeded =
          'edits' in without ? (await play(attempt, 'without')).succeeded : await playUntilNoticed(attempt);
        expect(succeeded).toBe(true);
      });
    }
  });
}
