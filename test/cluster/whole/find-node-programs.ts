import { join } from 'node:path';
import type { Command, Progress } from '../binaries.ts';
import { buildFromGo } from '../build-from-go.ts';
import { withBuildLock } from '../build-lock.ts';
import { cacheFolder } from '../cache-folder.ts';
import { findExecutable, isExecutable } from '../executable.ts';
import { inputsHash, versionVariables } from '../versions.ts';
import { NoWholeClusterError } from './whole-cluster-error.ts';

/** What makes a node of a machine. */
export interface NodePrograms {
  readonly kubelet: Command;
  readonly kubeProxy: Command;
  readonly kubeScheduler: Command;
  /** The folder with containerd, its shim, ctr, the network plugins, `pause` and `forward`. */
  readonly runtimeFolder: string;
}

/** The one version whose node is locked here. */
export const nodeVersion = 'v1.37.2';

const folder = join(import.meta.dirname, '..');
const containerd = 'github.com/containerd/containerd/v2/cmd';
const plugins = 'github.com/containernetworking/plugins/plugins';
const runtimePackages = [
  './forward',
  './pause',
  ...['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => `${containerd}/${name}`),
  ...['ipam/host-local', 'main/loopback', 'main/ptp', 'meta/portmap'].map((name) => `${plugins}/${name}`),
];

/**
 * A node's programs from our cache, else built from Go modules, once. Rejects with NoWholeClusterError where they cannot
 * be built.
 */
export async function findNodePrograms({
  progress = () => {},
}: { readonly progress?: Progress } = {}): Promise<NodePrograms> {
  const node = await find({
    kind: 'node',
    name: `Kubernetes ${nodeVersion} node`,
    duration: 'about two minutes, and ten where the control plane was not built',
    inputs: [
      { file: 'main.go', path: join(folder, 'node/main.go') },
      { file: 'go.mod', path: join(folder, 'node', nodeVersion, 'go.mod') },
      { file: 'go.sum', path: join(folder, 'node', nodeVersion, 'go.sum') },
    ],
    built: 'node',
    variables: versionVariables(nodeVersion),
    progress,
  });
  const runtimeFiles = ['go.mod', 'go.sum', 'forward/main.go', 'pause/main.go'];
  const runtime = await find({
    kind: 'container-runtime',
    name: 'container runtime',
    duration: 'about two minutes',
    inputs: runtimeFiles.map((file) => ({ file, path: join(folder, 'container-runtime', file) })),
    built: 'programs',
    packages: runtimePackages,
    progress,
  });
  return {
    kubelet: [node, 'kubelet'],
    kubeProxy: [node, 'kube-proxy'],
    kubeScheduler: [node, 'kube-scheduler'],
    runtimeFolder: runtime,
  };
}

interface Wanted {
  readonly kind: 'node' | 'container-runtime';
  readonly name: string;
  readonly duration: string;
  readonly inputs: readonly { readonly file: string; readonly path: string }[];
  /** The name of the binary, or of the folder of them. */
  readonly built: string;
  readonly packages?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly progress: Progress;
}

async function find({ kind, built, ...build }: Wanted): Promise<string> {
  const { name, inputs, packages, progress } = build;
  const target = join(cacheFolder(kind), inputsHash(inputs), built);
  const isThere = () => isExecutable(packages === undefined ? target : join(target, 'containerd'));
  const make = async () => {
    if (isThere()) return;
    const go = findExecutable('go');
    if (go === undefined) throw new NoWholeClusterError([`${name}: no go command is on the PATH`]);
    await buildFromGo({ go, target, ...build }).catch((error: unknown) => {
      throw new NoWholeClusterError([error instanceof Error ? error.message : String(error)]);
    });
  };
  if (!isThere()) {
    await withBuildLock(`${join(target, '..')}.lock`, make, () =>
      progress(`waiting: another process is building the ${name}`),
    );
  }
  return target;
}
