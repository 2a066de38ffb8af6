import type { Clock } from '../../src/kube/clock.ts';

/**
 * The requests that have arrived in one turn of the event loop share a batch. Whether to wait for more is the
 * pace's to say.
 */
export function gatherArrivals(_clock: Clock): (waiting: number) => Promise<void> {
  return () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    });
}
