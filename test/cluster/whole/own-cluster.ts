import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from '../binaries.ts';
import type { Child } from '../child-process.ts';
import { startControlPlane, type ControlPlane } from '../control-plane.ts';
import { findBinaries } from '../find-binaries.ts';
import { kubeconfigText } from '../kubeconfig-file.ts';
import { startClusterDns } from './cluster-dns.ts';
import { createClusterFolder, type ClusterFolder } from './cluster-folder.ts';
import { containerdClient, importImage, pauseImage } from './containerd.ts';
import { killCommand } from './kill-command.ts';
import { findNodePrograms, nodeVersion, type NodePrograms } from './find-node-programs.ts';
import { writeProgramImage } from './image-archive.ts';
import { machinePrograms, type MachinePrograms } from './machine-programs.ts';
import { createNamespaces, type Namespaces } from './namespaces.ts';
import { addresses, joinNetwork, makeFirstNetwork } from './node-network.ts';
import { startOwnNode, type NodeOptions } from './own-node.ts';
import { createProgramTokens, nodeName, type ProgramTokens } from './program-tokens.ts';
import { startScheduler } from './scheduler.ts';
import { nodeReady } from './node-ready.ts';
import { NoWholeClusterError } from './whole-cluster-error.ts';
import type { WholeCluster, WholeClusterOptions } from './whole-cluster.ts';

/** What is found or built before a cluster can start. */
export interface OwnClusterPrograms {
  readonly binaries: Binaries;
  readonly node: NodePrograms;
  readonly machine: MachinePrograms;
}

/** Finds, builds and installs what a cluster of our own needs. Rejects with NoWholeClusterError. */
export async function findOwnClusterPrograms(options: WholeClusterOptions): Promise<OwnClusterPrograms> {
  const { progress = () => {} } = options;
  const machine = await machinePrograms(progress);
  const binaries = await findBinaries({ version: nodeVersion, progress });
  if (binaries.controllerManager === undefined) {
    throw new NoWholeClusterError([`${binaries.source} has no kube-controller-manager`]);
  }
  return { binaries, node: await findNodePrograms({ progress }), machine };
}

/** Starts a cluster of our own with one node, as root on Linux; resolves when the node is Ready. */
export async function startOwnCluster(
  programs: OwnClusterPrograms,
  options: WholeClusterOptions = {},
): Promise<WholeCluster> {
  const folder = createClusterFolder(options.sharedFolder === undefined ? [] : [options.sharedFolder]);
  const nodes: Namespaces[] = [];
  const running: Running = { besides: [] };
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      await Promise.all(nodes.map((node) => node.end()));
      await Promise.all(running.besides.map((child) => child.kill()));
      await running.controlPlane?.stop();
      await folder.remove();
    })());
  try {
    return await start({ programs, options, folder, nodes, running, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What runs in no node's namespaces of processes. */
interface Running {
  controlPlane?: ControlPlane;
  readonly besides: Child[];
}

interface Starting {
  readonly programs: OwnClusterPrograms;
  readonly options: WholeClusterOptions;
  readonly folder: ClusterFolder;
  /** The namespaces of the nodes, in order; a node that was killed stays here. */
  readonly nodes: Namespaces[];
  readonly running: Running;
  readonly stop: () => Promise<void>;
}

async function start(starting: Starting): Promise<WholeCluster> {
  const { programs, folder, nodes, running, stop } = starting;
  const tokens = createProgramTokens();
  const images = [await pauseArchive(programs.node, folder)];
  const first = await createNodeNamespaces(starting, 1);
  await makeFirstNetwork(first);
  const controlPlane = (running.controlPlane = await startControlPlaneIn(first, starting, tokens));
  const kubeconfig = (user: string, token: string): string => {
    const path = join(folder.path, `${user}.kubeconfig`);
    const url = controlPlane.url.replace('127.0.0.1', addresses.node(1));
    writeFileSync(path, kubeconfigText({ url, authorityPem: controlPlane.authorityPem, user, token }));
    return path;
  };
  const scheduler = startScheduler(
    first.inside(programs.node.kubeScheduler),
    folder.path,
    kubeconfig('scheduler', tokens.scheduler),
  );
  running.besides.push(scheduler);

  const options = new Map<string, NodeOptions>();
  async function startNode(number: number, namespaces: Namespaces): Promise<string> {
    const name = nodeName(number);
    const node: NodeOptions = {
      name,
      number,
      address: addresses.node(number),
      folder: join(folder.path, name),
      namespaces,
      cgroup: folder.cgroup(name),
      kubeconfig: {
        kubelet: kubeconfig(name, tokens.node(number)),
        kubeProxy: kubeconfig('kube-proxy', tokens.kubeProxy),
      },
      authorityFile: join(controlPlane.folder, 'authority.crt'),
      dnsAddress: addresses.dns,
      programs: programs.node,
      machine: programs.machine,
    };
    await startOwnNode(node, images);
    options.set(name, node);
    await nodeReady(controlPlane, name);
    return name;
  }
  await startNode(1, first);
  running.besides.push(await startClusterDns(first, controlPlane, folder.path));

  function nodeOf(name: string): NodeOptions {
    const node = options.get(name);
    if (node === undefined) throw new RangeError(`there is no node ${name}`);
    return node;
  }

  return {
    made: 'node of our own',
    version: controlPlane.version,
    url: controlPlane.url,
    folder: folder.path,
    firstNode: nodeName(1),
    idleImage: pauseImage,
    kubeconfig: () => controlPlane.kubeconfig(),
    kubeConfig: () => controlPlane.kubeConfig(),
    kubectl: (args, given) => controlPlane.kubectl(args, given),
    restartApiServer: () => controlPlane.restartApiServer(),
    async loadImage(archive) {
      images.push(archive);
      for (const node of options.values()) await importImage(node, archive);
    },
    async addNode() {
      const number = nodes.length + 1;
      const earlier = [...nodes];
      const namespaces = await createNodeNamespaces(starting, number);
      await joinNetwork(earlier, namespaces, number);
      return startNode(number, namespaces);
    },
    async killNode(name) {
      const node = nodeOf(name);
      options.delete(name);
      await node.namespaces.end();
    },
    async killContainer(name, id) {
      await containerdClient(nodeOf(name), killCommand(id));
    },
    stop,
  };
}

async function createNodeNamespaces(
  { programs, folder, nodes }: Starting,
  number: number,
): Promise<Namespaces> {
  const name = nodeName(number);
  const path = join(folder.path, name);
  mkdirSync(path);
  const { runtimeFolder } = programs.node;
  const namespaces = await createNamespaces(name, path, { runtimeFolder, machine: programs.machine });
  nodes.push(namespaces);
  return namespaces;
}

/** The API server is in the first node's network, so that it reaches Services through kube-proxy. */
async function startControlPlaneIn(
  place: Namespaces,
  { folder, options }: Starting,
  tokens: ProgramTokens,
): Promise<ControlPlane> {
  const path = join(folder.path, 'control-plane');
  mkdirSync(path);
  const certificate = join(path, 'api-server.crt');
  const controlPlane = await startControlPlane({
    version: nodeVersion,
    wholeCluster: { place, folder: path, addresses: [addresses.node(1)], tokens: tokens.lines },
    apiServerFlags: [
      '--bind-address=0.0.0.0',
      `--advertise-address=${addresses.node(1)}`,
      '--endpoint-reconciler-type=lease',
      '--authorization-mode=Node', // besides RBAC: values of this flag add up
      '--enable-admission-plugins=NodeRestriction',
      '--kubelet-preferred-address-types=InternalIP',
      `--kubelet-client-certificate=${certificate}`,
      `--kubelet-client-key=${join(path, 'api-server.key')}`,
      ...(options.apiServerFlags ?? []),
    ],
  });
  // The name in that certificate, and the right to logs, exec and port-forward.
  const roles = ['--clusterrole=system:kubelet-api-admin', '--user=kube-apiserver'];
  const { exitCode, stderr } = await controlPlane.kubectl([
    'create',
    'clusterrolebinding',
    'kube-apiserver-to-kubelets',
    ...roles,
  ]);
  if (exitCode !== 0) throw new Error(`the API server cannot be given its right to kubelets: ${stderr}`);
  return controlPlane;
}

async function pauseArchive({ runtimeFolder }: NodePrograms, folder: ClusterFolder): Promise<string> {
  const archive = join(folder.path, 'pause.tar');
  await writeProgramImage({ name: pauseImage, program: join(runtimeFolder, 'pause'), archive });
  return archive;
}
