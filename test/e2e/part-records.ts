import { describe, expect, it } from 'vitest';
import { forbiddenRequests, grantedRights, unusedRights, usedRights } from '../chart/used-rights.ts';
import { mostActive } from '../integration/most-active.ts';
import type { GroundOf } from './ground.ts';
import { installed } from './operated-cluster.ts';

/**
 * What all that came before has left in the records of the API server. Before it is restarted: just after, it refuses
 * what its own cache of roles does not have yet, and its history has a gap.
 */
export function declareRecords(ground: GroundOf): void {
  describe('in the records of the API server', () => {
    it('no workflow ever had more active executions than its limit', { timeout: 120_000 }, async () => {
      const { observer } = ground();
      await observer.caughtUp();
      const workflows = new Set(observer.events.flatMap(({ workflow }) => workflow ?? []));
      expect(workflows.size).toBeGreaterThan(10);
      const over = [...workflows].filter((workflow) => {
        // The one workflow that was given seven slots for a while.
        const limit = workflow === 'edited/edited' ? 7 : 5;
        return mostActive(observer.events, workflow) > limit;
      });
      expect(over).toEqual([]);
    });

    for (const part of ['webhook', 'controller']) {
      const account = `system:serviceaccount:${installed.namespace}:${installed.release}-${part}`;

      it(`the ${part} was never refused a request for want of a right`, () => {
        expect(forbiddenRequests(ground().audit.requests(), account)).toEqual([]);
      });

      it(`the ${part} has used every right that it has, or it is said why not`, async () => {
        const { audit, release } = ground();
        const roles = (await release.objects()).filter(
          ({ kind, metadata }) =>
            /^(Cluster)?Role$/.test(kind) && metadata.name.startsWith(`${installed.release}-${part}`),
        );
        const used = new Set(usedRights(audit.requests(), account));
        const unused = unusedRights(grantedRights(roles), used);
        expect(unused.filter((right) => unseen[part]?.[right] === undefined)).toEqual([]);
      });
    }
  });
}

/** What no run of the suite brings about, by part and right, with the reason. */
const unseen: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  webhook: {
    'get kubernetesexecutions.kubernetesexecution.kubernaut.io':
      'where a name may exist, or a uid is in doubt',
    'patch events.events.k8s.io': 'an Event that is repeated is counted, after a while',
    'patch kubernetesexecutions.kubernetesexecution.kubernaut.io':
      'for executions from before the installation',
  },
  controller: {
    'patch events.events.k8s.io': 'as above',
    'get kubernetesexecutions.kubernetesexecution.kubernaut.io': 'after a conflict',
    'get workflowexecutions.workflowexecution.kubernaut.io':
      'after a refusal that its cache does not explain',
    'update workflowexecutions.workflowexecution.kubernaut.io/finalizers':
      'the API server asks for it itself',
    'use serviceaccounts': 'the webhook asks for it',
  },
};
