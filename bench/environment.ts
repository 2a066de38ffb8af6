import { cpus, loadavg, totalmem } from 'node:os';

/** What a result was measured on. */
export function environmentOf(kubernetes: string): Readonly<Record<string, string | number>> {
  return {
    kubernetes,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    // Of the last five minutes, in which the benchmark itself counts for about two.
    loadAverage: Number((loadavg()[1] ?? 0).toFixed(1)),
  };
}
