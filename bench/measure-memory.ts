import { setTimeout as pause } from 'node:timers/promises';
import type { BenchRun, PartResult } from './bench-run.ts';
import { startComparedPlane } from './compared-plane.ts';
import { residentMegabytes } from './resident-megabytes.ts';
import { figureOf } from './statistics.ts';

const quietMilliseconds = 30_000;
const executions = 10_000;
const replicas = 5;

/**
 * What five fresh replicas grow by when 10,000 active executions appear. The control plane has no webhook
 * configuration that leads to them, so what they hold comes from the watch alone.
 */
export async function measureMemory(run: BenchRun): Promise<PartResult> {
  run.progress('starting five fresh replicas');
  const plane = await startComparedPlane('journal', { replicas });
  try {
    const workflows = await plane.makeNamespace('bench-memory', 2_000);
    await plane.withoutWebhooks();
    await pause(quietMilliseconds);
    const before = plane.replicas.map(({ child }) => residentMegabytes(child.pid));
    run.progress(`no executions: ${before.map((each) => each.toFixed(0)).join(', ')} MB`);
    const namespace = 'bench-memory';
    const order = { target: plane.target, namespace, workflows, clients: 16, prefix: 'active' };
    await run.clients.carryOut({ ...order, creates: executions });
    await pause(quietMilliseconds);
    const after = plane.replicas.map(({ child }) => residentMegabytes(child.pid));
    run.progress(`${executions} active executions: ${after.map((each) => each.toFixed(0)).join(', ')} MB`);
    return {
      ratios: { rss_mb_per_10k_active: figureOf(after.map((rss, index) => rss - (before[index] ?? 0))) },
      details: { megabytesWithoutExecutions: figureOf(before), megabytesWith10kActive: figureOf(after) },
    };
  } finally {
    await plane.stop();
  }
}
