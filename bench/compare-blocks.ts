import type { BenchRun, PartResult } from './bench-run.ts';
import { rotated } from './compare-throughput.ts';
import { figureOf, percentile } from './statistics.ts';

/** One side of a comparison. */
export interface BlockSide {
  readonly name: string;
  /** Times so many creates of one client, each in milliseconds; what they need is made before, untimed. */
  block(creates: number, round: string): Promise<readonly number[]>;
}

/** Creates of one side in a row before it is the other's turn. */
const blockSize = 50;

/** The ratio of the p50 of two sides, the first over the second, block by block in turns, with one client. */
export async function compareBlocks(
  run: BenchRun,
  key: string,
  sides: readonly [BlockSide, BlockSide],
): Promise<PartResult> {
  const { settings } = run;
  // The first blocks are slower: nothing is compiled yet, and nothing connected.
  const warmUps = Math.max(1, Math.round(settings.warmUp / 2 / blockSize));
  for (let warmUp = 0; warmUp < warmUps; warmUp += 1) {
    for (const side of sides) await side.block(blockSize, `warm-up-${warmUp}`);
  }
  const p50s = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < settings.rounds; round += 1) {
    const taken = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
    for (let done = 0; done < settings.lonelyCreates; done += blockSize) {
      for (const side of rotated(sides, done / blockSize)) {
        taken.get(side.name)?.push(...(await side.block(blockSize, `round-${round}-${done}`)));
      }
    }
    for (const [name, milliseconds] of taken) {
      const p50 = percentile(milliseconds, 0.5);
      p50s.get(name)?.push(p50);
      run.progress(`${key} round ${round + 1}/${settings.rounds} ${name}: p50 ${p50.toFixed(2)} ms`);
    }
  }
  const [over = [], under = []] = sides.map(({ name }) => p50s.get(name));
  return {
    ratios: { [key]: figureOf(over.map((p50, index) => p50 / (under[index] ?? Number.NaN))) },
    details: Object.fromEntries([...p50s].map(([name, rounds]) => [name, { p50OfRounds: figureOf(rounds) }])),
  };
}
