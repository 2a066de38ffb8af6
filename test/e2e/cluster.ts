import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinaries } from '../cluster/find-binaries.ts';
import { findExecutable } from '../cluster/executable.ts';
import { findHelm } from '../cluster/find-helm.ts';
import { findWholeCluster } from '../cluster/whole/find-whole-cluster.ts';
import { NoWholeClusterError } from '../cluster/whole/whole-cluster-error.ts';
import { imageWithPlugin } from './image-with-plugin.ts';
import { installed, type OperatedCluster, startOperatedCluster } from './operated-cluster.ts';
import { productImage } from './product-image.ts';
import { whatToTry } from './what-to-try.ts';

// `make cluster`: a cluster with nodes, cert-manager and stepgate installed, left running until ^C. PLUGIN=file.ts runs
// that plugin in it, NODES=2 gives it two nodes.

const progress = (line: string): void => void process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), 'stepgate-image-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

let operated: OperatedCluster | undefined;
const ended = Promise.withResolvers<void>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Before the cluster is up there is nobody to stop it: everything ends with us.
    if (operated === undefined) process.exit(128 + constants.signals[signal]);
    ended.resolve();
  });
}

try {
  const start = await findWholeCluster({ progress });
  const plugin = process.env['PLUGIN'];
  const image = plugin ? await imageWithPlugin(productImage(), plugin, folder) : productImage();
  const values = 'plugin' in image ? { plugins: [image.plugin] } : {};
  operated = await startOperatedCluster(start, {
    progress,
    image,
    values,
    nodes: Number(process.env['NODES'] || 1),
  });
  const [program, ...leading] = (await findBinaries()).kubectl;
  progress(
    whatToTry({
      kubeconfig: operated.cluster.kubeconfig(),
      kubectl: findExecutable('kubectl') === undefined ? [program, ...leading].join(' ') : undefined,
      helm: findExecutable('helm') === undefined ? await findHelm() : undefined,
      namespace: installed.namespace,
      withPlugin: 'plugin' in image,
    }),
  );
  await ended.promise;
  progress('\nremoving the cluster');
  await operated.stop();
} catch (error) {
  if (!(error instanceof NoWholeClusterError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
