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
  const ground = groundOf(on, namespace, userOf(attempt));
  grounds.set(namespace, ground);
  return ground;
}

async function play(attempt: Attempt, kind: string): Promise<{ ground: Ground; succeeded: boolean }> {
  const ground = await groundFor(attempt, kind);
  await attempt.run(ground);
  return { ground, succeeded: await (attempt.succeeded ?? forbiddenExists)(ground) };
}

/** Nothing of a ground is done as a neighbour but what goes to the admission port. */
const userOf = ({ user }: Attempt) => (user === 'neighbour' ? 'nobody' : user);

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

/** Repeats the attempt, each time in a namespace of its own, until it succeeds or no longer does. */
async function playUntil(outcome: 'succeeds' | 'fails', attempt: Attempt): Promise<true> {
  let tries = 0;
  await eventually(`the attempt ${outcome}`, async () => {
    tries += 1;
    try {
      return (await play(attempt, `${outcome}-${tries}`)).succeeded === (outcome === 'succeeds');
    } catch (error) {
      // A change of a CRD closes its storage for a moment.
      if (error instanceof KubeStatusError) return false;
      throw error;
    }
  });
  return true;
}

for (const name of guardNames) {
  const { without }: Guard = guards[name];
  const its = attempts.filter(({ guard }) => guard === name);
  describe(`without ${name} alone`, () => {
    let putBack: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      await cluster.use('edits' in without ? name : undefined);
      if ('cluster' in without) putBack = await changeCluster(cluster, without.cluster);
    });

    // The webhook is another one for the next guard; what was taken from the cluster is put back, and holds again.
    afterAll(async () => {
      await putBack?.();
      const [first] = its;
      if (putBack && first) await playUntil('fails', first);
    });

    for (const attempt of its) {
      it(`${numberOf(attempt)}. ${attempt.user} can ${attempt.attempt}`, async () => {
        // The API server does without a guard of the cluster once it has noticed.
        const succeeded =
          'cluster' in without || attempt.needsHaste
            ? await playUntil('succeeds', attempt)
            : (await play(attempt, 'without')).succeeded;
        expect(succeeded).toBe(true);
      });
    }
  });
}
