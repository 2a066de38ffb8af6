import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { Network } from 'testcontainers';
import type { Binaries } from '../binaries.ts';
import { eventually } from '../eventually.ts';
import { type KubectlOptions, runKubectl } from '../kubectl.ts';
import { nodeImageName } from '../node-image.ts';
import { killCommand } from './kill-command.ts';
import { completeNetworkPlugin } from './kind-network-plugin.ts';
import { type KindNode, startKindNode } from './kind-node.ts';
import { kubeadmConfig } from './kubeadm-config.ts';
import { nodeReady } from './node-ready.ts';
import type { WholeCluster, WholeClusterOptions } from './whole-cluster.ts';

const administrator = '/etc/kubernetes/admin.conf';
const containerdClient = ['ctr', '--namespace=k8s.io'];

/**
 * Starts a cluster of containers from kind's node image, as kind does it; resolves when its first node is Ready. The
 * containers go with this process: testcontainers' reaper removes them when it is killed.
 *
 * @param binaries for their kubectl and their version
 */
export async function startKindCluster(
  binaries: Binaries,
  options: WholeClusterOptions = {},
): Promise<WholeCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-kind-'));
  const network = await new Network().start();
  const nodes: KindNode[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      await Promise.all(nodes.map(remove));
      await network.stop();
      for (const path of [folder, options.sharedFolder]) {
        if (path !== undefined) rmSync(path, { recursive: true, force: true });
      }
    })());
  const startNode = async (): Promise<KindNode> => {
    const node = await startKindNode(nodeImageName(binaries.version), network, options.sharedFolder);
    nodes.push(node);
    await node.container.copyContentToContainer([
      {
        target: '/kind/kubeadm.conf',
        content: kubeadmConfig({
          kubernetesVersion: binaries.version,
          endpoint: `${(nodes[0] ?? node).name}:6443`,
          address: node.address,
          apiServerFlags: options.apiServerFlags ?? [],
          sharedFolder: options.sharedFolder,
        }),
      },
    ]);
    return node;
  };
  const kubeadm = (node: KindNode, command: 'init' | 'join') =>
    node.run(['kubeadm', command, '--config=/kind/kubeadm.conf', '--skip-phases=preflight']);

  try {
    const first = await startNode();
    await kubeadm(first, 'init');
    await installNetworkPlugin(first);
    // The first node runs pods as well.
    const taint = 'node-role.kubernetes.io/control-plane-';
    await first.run(['kubectl', `--kubeconfig=${administrator}`, 'taint', 'nodes', '--all', taint]);
    const kubeconfig = join(folder, 'kubeconfig');
    const url = `https://127.0.0.1:${first.container.getMappedPort(6443)}`;
    const text = (await first.run(['cat', administrator])).replace(/server: \S+/, `server: ${url}`);
    writeFileSync(kubeconfig, text, { mode: 0o600 });
    const kubectl = (args: readonly string[], given: KubectlOptions = {}) =>
      runKubectl(binaries.kubectl, args, { ...given, kubeconfig, home: folder });
    await nodeReady({ kubectl }, first.name);

    const archives: string[] = [];
    const nodeOf = (name: string): KindNode => {
      const node = nodes.find((each) => each.name === name);
      if (node === undefined) throw new RangeError(`there is no node ${name}`);
      return node;
    };
    return {
      made: 'kind',
      version: binaries.version,
      url,
      folder,
      firstNode: first.name,
      idleImage: await pauseImageOf(first),
      kubeconfig: () => kubeconfig,
      kubeConfig() {
        const config = new KubeConfig();
        config.loadFromFile(kubeconfig);
        return config;
      },
      kubectl,
      async loadImage(archive) {
        archives.push(archive);
        for (const node of nodes) await importImage(node, archive);
      },
      async addNode() {
        const node = await startNode();
        await kubeadm(node, 'join');
        for (const archive of archives) await importImage(node, archive);
        await nodeReady({ kubectl }, node.name);
        return node.name;
      },
      async killNode(name) {
        const node = nodeOf(name);
        nodes.splice(nodes.indexOf(node), 1);
        await remove(node);
      },
      async killContainer(name, id) {
        await nodeOf(name).run([...containerdClient, ...killCommand(id)]);
      },
      async restartApiServer() {
        const before = await apiServerOf(first);
        await first.run([...containerdClient, ...killCommand(before)]);
        await eventually(
          'the API server is back',
          async () => {
            const isNew = (await apiServerOf(first)) !== before;
            return isNew && (await kubectl(['get', '--raw', '/readyz'])).exitCode === 0;
          },
          180_000,
        );
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function remove({ container }: KindNode): Promise<void> {
  await container.stop({ timeout: 0, remove: true, removeVolumes: true });
}

async function installNetworkPlugin(first: KindNode): Promise<void> {
  const manifest = await first.run(['cat', '/kind/manifests/default-cni.yaml']);
  const target = '/kind/network-plugin.yaml';
  const content = completeNetworkPlugin(manifest, `${first.name}:6443`);
  await first.container.copyContentToContainer([{ target, content }]);
  await first.run(['kubectl', `--kubeconfig=${administrator}`, 'create', '-f', target]);
}

async function importImage(node: KindNode, archive: string): Promise<void> {
  const target = `/kind/${basename(archive)}`;
  await node.container.copyFilesToContainer([{ source: archive, target }]);
  await node.run([...containerdClient, 'images', 'import', '--all-platforms', '--digests', target]);
  await node.run(['rm', target]);
}

/** The id of its running container; empty while there is none. */
async function apiServerOf(node: KindNode): Promise<string> {
  return (await node.run(['crictl', 'ps', '--name', 'kube-apiserver', '--quiet'])).trim();
}

/** The image of the process that keeps a pod's namespaces; every node image has it. */
async function pauseImageOf(node: KindNode): Promise<string> {
  const images = await node.run([...containerdClient, 'images', 'ls', '-q']);
  const pause = images.split('\n').find((name) => /\/pause:[^@]+$/.test(name));
  if (pause === undefined) throw new Error('the node image has no pause image');
  return pause.trim();
}
