import { describe, expect, it } from 'vitest';
import { climates } from './climates.ts';
import { runChild } from './run-child.ts';
import { runSeed } from './scenario.ts';

/** About a minute of one core. `make simulation SEEDS=n` runs as many as you like. */
const seeds = Math.ceil(Number(process.env['SEEDS'] ?? 8_000) / climates.length);

describe('whatever befalls the replicas', () => {
  it.concurrent.each(climates)(
    `no limit is broken, no slot is lost and no denial is unjustified in ${seeds} seeds of the climate %s`,
    async (climate) => {
      const { failures, stderr } = await runChild(['--climate', climate, '--seeds', String(seeds)]);
      expect({ failures, stderr }).toEqual({ failures: [], stderr: '' });
    },
    600_000,
  );
});

it('replays a seed exactly, traced or not', async () => {
  const traces: string[] = [];
  const trace = (milliseconds: number, actor: string, what: string): void =>
    void traces.push(`${milliseconds} ${actor} ${what}`);
  const first = await runSeed(7, 'rough', trace);
  const events = traces.splice(0);
  expect(await runSeed(7, 'rough', trace)).toEqual(first);
  expect(traces).toEqual(events);
  expect(events.length).toBeGreaterThan(100);
  expect(await runSeed(7, 'rough')).toEqual(first);
});
