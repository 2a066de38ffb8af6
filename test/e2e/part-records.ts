import { describe, expect, it } from 'vitest';
import { forbiddenRequests, grantedRights, usedRights } from '../chart/used-rights.ts';
import { mostActive } from '../integration/most-active.ts';
import type { GroundOf } from './ground.ts';
import { installed } from './operated-cluster.ts';

/** What all that came before has left in the records of the API server. */
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

      it(`the ${part} has used every right that it has`, async () => {
        const { audit, release } = ground();
        const roles = (await release.objects()).filter(
          ({ kind, metadata }) =>
            /^(Cluster)?Role$/.test(kind) && metadata.name.startsWith(`${installed.release}-${part}`),
        );
        const used = usedRights(audit.requests(), account);
        expect(grantedRights(roles).filter((right) => !used.includes(right))).toEqual([]);
      });
    }
  });
}
