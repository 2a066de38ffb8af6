import { describe, expect, it } from 'vitest';
import { whenInitialized } from '../cluster/when-initialized.ts';
import { startCreateLoad } from './create-load.ts';
import type { GroundOf } from './ground.ts';

/** The API server is lost for a moment. */
export function declareRestart(ground: GroundOf): void {
  describe('when', () => {
    it('the API server is restarted, creates go on and the limit holds', { timeout: 400_000 }, async () => {
      const { client, cluster } = ground();
      await using load = await startCreateLoad(client, {
        namespace: 'restarted',
        workflows: 2,
        clientsEach: 4,
      });
      await load.goesOn();
      await cluster.restartApiServer();
      await load.goesOn();
      const { failures } = await load.stop();
      for (const workflow of load.workflows) {
        const active = await whenInitialized(() => load.namespace.active(workflow));
        expect(active.length).toBeLessThanOrEqual(5);
      }
      // While it is away nothing can be created; no answer of ours may be among the failures.
      expect(failures.filter((failure) => /stepgate\.kubernaut\.io" denied/.test(failure))).toEqual([]);
    });
  });
}
