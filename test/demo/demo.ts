import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/kube/clock.ts';
import { findBinaries } from '../cluster/find-binaries.ts';
import { startInstalledCluster, type InstalledCluster } from '../cluster/installed-cluster.ts';
import type { Act } from './act.ts';
import { actFourAnalysis } from './act-four-analysis.ts';
import { actOneLimit } from './act-one-limit.ts';
import { actThreeController } from './act-three-controller.ts';
import { actTwoApproval } from './act-two-approval.ts';
import { createDemoFolder } from './demo-folder.ts';
import { withJobs } from './demo-jobs.ts';
import { demoShell, writeKubectl } from './demo-shell.ts';
import { playAct } from './player.ts';
import { terminalStyle } from './terminal-style.ts';
import { whatToTry } from './what-to-try.ts';

// `make demo`: a real API server, stepgate on it, and a story played with real kubectl. Ends with 1 when anything
// printed is not what it should be. KEEP=1 leaves all of it running until ^C.

const acts: readonly Act[] = [actOneLimit, actTwoApproval, actThreeController, actFourAnalysis];
const repository = join(import.meta.dirname, '../..');
const keeps = !['', '0', 'false', 'no'].includes(process.env['KEEP'] ?? '');
const style = terminalStyle(process.stdout.isTTY && !process.env['NO_COLOR']);
const write = (text: string): void => void process.stdout.write(text);
const elapsed = (): string => `${(performance.now() / 1_000).toFixed(1)} s`;

let cluster: InstalledCluster | undefined;
const interrupted = Promise.withResolvers<void>();
let isWaiting = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Every program that we have started ends with us, and our folder goes too.
    if (!isWaiting) process.exit(128 + constants.signals[signal]);
    isWaiting = false;
    interrupted.resolve();
  });
}

// All that is written goes here, the control plane's data as well.
const folder = createDemoFolder();
process.env['TMPDIR'] = folder;
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<number> {
  const progress = (line: string): void => write(`${line}\n`);
  const { version, kubectl } = await findBinaries({ progress });
  write(`Starting Kubernetes ${version}: etcd, kube-apiserver, kube-controller-manager\n`);
  cluster = await startInstalledCluster({
    progress,
    before: async () => write(`Installed CRDs, policies and roles (${elapsed()})\n`),
  });
  const { controlPlane, replicas } = cluster;
  write(`Installed the webhook, ${replicas.length} replicas (${elapsed()})\n`);
  const binFolder = writeKubectl(controlPlane.folder, kubectl);
  const run = withJobs(demoShell({ controlPlane, binFolder, workingFolder: repository }), {
    controlPlane,
    program: join(repository, 'src/main.ts'),
  });

  let commands = 0;
  let failed = false;
  for (const act of acts) {
    const performed = await playAct(act, { run, write, style, clock: systemClock });
    commands += performed.commands;
    failed = performed.problems.length > 0;
    if (failed) break;
  }
  write(
    failed
      ? `\n${style.problem('This is not how it should be: see the last command.')} (${elapsed()})\n`
      : `\n${style.title(`${commands} commands, each with the outcome that was promised.`)} (${elapsed()})\n`,
  );
  if (keeps) {
    isWaiting = true;
    write(whatToTry(cluster, binFolder));
    const alive = setInterval(() => {}, 60_000);
    await interrupted.promise;
    clearInterval(alive);
    write('\nStopping.\n');
  }
  return failed ? 1 : 0;
}
