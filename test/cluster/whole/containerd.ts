import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../child-process.ts';
import { waitForReady } from '../wait-for-ready.ts';
import { addresses } from './node-network.ts';
import type { NodeOptions } from './own-node.ts';
import { run } from './run.ts';

/** The socket is in the node's own /run: every node has this one, and none meets another's. */
export const containerdSocket = '/run/containerd/containerd.sock';

/** The image of the process that keeps a pod's namespaces. */
export const pauseImage = 'stepgate.test/pause:1';

const readyTimeoutMilliseconds = 120_000;

/** Starts containerd in a node; resolves when it answers. */
export async function startContainerd(node: NodeOptions): Promise<Child> {
  const { folder, number, namespaces, programs, machine } = node;
  const configFile = join(folder, 'containerd.toml');
  const networkFolder = join(folder, 'network');
  writeFileSync(configFile, configuration(node, networkFolder));
  writeFileSync(`${networkFolder}/10-stepgate.conflist`, JSON.stringify(network(number, folder)));
  const child = startChild({
    name: `containerd of ${node.name}`,
    command: namespaces.insideNode([join(programs.runtimeFolder, 'containerd')]),
    args: ['--config', configFile],
    env: { PATH: `${programs.runtimeFolder}:${machine.path}` },
    logFile: join(folder, 'containerd.log'),
  });
  const answers = async () => (await containerdClient(node, ['version'])).includes('Server');
  await waitForReady(child, answers, readyTimeoutMilliseconds);
  return child;
}

/** Runs ctr against a node's containerd, on the kubelet's images; answers its stdout. */
export function containerdClient(
  { namespaces, programs }: NodeOptions,
  args: readonly string[],
): Promise<string> {
  const client = join(programs.runtimeFolder, 'ctr');
  return run(
    namespaces.insideNode([client, '--address', containerdSocket, '--namespace', 'k8s.io', ...args]),
  );
}

/** Loads an archive, of docker's kind or of OCI's, into a node. */
export async function importImage(node: NodeOptions, archive: string): Promise<void> {
  await containerdClient(node, ['images', 'import', '--local', '--snapshotter', snapshotter(), archive]);
}

/** Layers are shared where the kernel can, else each container has a copy of its image. */
function snapshotter(): 'overlayfs' | 'native' {
  return readFileSync('/proc/filesystems', 'utf8').includes('\toverlay\n') ? 'overlayfs' : 'native';
}

function configuration({ folder, machine, programs }: NodeOptions, networkFolder: string): string {
  const text = (value: string) => JSON.stringify(value); // TOML's basic strings are JSON's
  const cri = 'io.containerd.cri.v1';
  return `version = 3
root = ${text(join(folder, 'containerd'))}
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.erofs"]

[grpc]
address = ${text(containerdSocket)}

[plugins."${cri}.images"]
snapshotter = "${snapshotter()}"
use_local_image_pull = true

[plugins."${cri}.images".pinned_images]
sandbox = "${pauseImage}"

[plugins."${cri}.runtime"]
restrict_oom_score_adj = true
disable_apparmor = true

[plugins."${cri}.runtime".cni]
bin_dirs = [${text(programs.runtimeFolder)}]
conf_dir = ${text(networkFolder)}

[plugins."${cri}.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."${cri}.runtime".containerd.runtimes.runc.options]
BinaryName = ${text(machine.runc)}
SystemdCgroup = false
`;
}

/**
 * Each pod has a cable of its own to its node, and no bridge: answers of a Service then always pass the node, where
 * they are translated back, without br_netfilter. kind's network does the same.
 */
function network(number: number, folder: string): object {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: addresses.pods(number) }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: join(folder, 'addresses'),
  };
  return {
    cniVersion: '1.0.0',
    name: 'stepgate',
    plugins: [
      { type: 'ptp', ipMasq: false, ipam, mtu: 1500 },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}
