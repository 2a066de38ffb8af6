import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startContainerd, importImage } from './containerd.ts';
import type { NodePrograms } from './find-node-programs.ts';
import { startKubeProxy } from './kube-proxy.ts';
import { startKubelet } from './kubelet.ts';
import type { MachinePrograms } from './machine-programs.ts';
import type { Namespaces } from './namespaces.ts';
import { makeNodeMounts } from './node-mounts.ts';

/** A node of ours, before and while it runs. */
export interface NodeOptions {
  /** `node-1` */
  readonly name: string;
  /** From 1; its addresses follow from it. */
  readonly number: number;
  /** Of the node in the cluster's network. */
  readonly address: string;
  /** Data, configuration and logs. */
  readonly folder: string;
  readonly namespaces: Namespaces;
  /** Below which its containers' cgroups are. */
  readonly cgroup: string;
  /** Path of the kubeconfig of kubelet and kube-proxy. */
  readonly kubeconfig: { readonly kubelet: string; readonly kubeProxy: string };
  /** Path of the certificate of the authority whose clients the kubelet knows. */
  readonly authorityFile: string;
  /** Where pods ask for names. */
  readonly dnsAddress: string;
  readonly programs: NodePrograms;
  readonly machine: MachinePrograms;
}

/**
 * Starts containerd, kubelet and kube-proxy in the node's namespaces, whose network is there already. They end with the
 * namespaces. Resolves when the programs run; that the node is Ready, the API server says.
 *
 * @param images archives to load before any pod is started, among them the pause image
 */
export async function startOwnNode(node: NodeOptions, images: readonly string[]): Promise<void> {
  mkdirSync(join(node.folder, 'network'));
  await makeNodeMounts(node.namespaces, node.folder);
  await startContainerd(node);
  for (const image of images) await importImage(node, image);
  startKubeProxy(node);
  startKubelet(node);
}
