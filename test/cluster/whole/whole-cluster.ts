import type { KubeConfig } from '@kubernetes/client-node';
import type { Progress } from '../binaries.ts';
import type { KubectlOptions, KubectlResult } from '../kubectl.ts';

export interface WholeClusterOptions {
  readonly progress?: Progress;
  /** More flags for kube-apiserver, `--name=value`; they win over ours. */
  readonly apiServerFlags?: readonly string[];
  /** A folder that kube-apiserver has at the same path, where a flag names one. It goes with the cluster. */
  readonly sharedFolder?: string;
}

/** A real cluster with nodes, on which pods run; its user is its administrator. */
export interface WholeCluster {
  /** How it was made. */
  readonly made: 'node of our own' | 'kind';
  /** `v1.37.2` */
  readonly version: string;
  /** `https://127.0.0.1:port` */
  readonly url: string;
  /** Logs and whatever else a test wants to keep; gone after `stop`. */
  readonly folder: string;
  /** The node that is there from the start. */
  readonly firstNode: string;
  /** An image, present on every node, of a program that does nothing: what tests run where any pod will do. */
  readonly idleImage: string;
  /** Path of a kubeconfig file. */
  kubeconfig(): string;
  /** The same for client-node. */
  kubeConfig(): KubeConfig;
  /** Runs kubectl; a failing command is an exit code, not a rejection. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** Loads an image archive (docker's kind) into every node, also those that are added later. */
  loadImage(archive: string): Promise<void>;
  /** Adds a node and answers its name, once it is Ready. */
  addNode(): Promise<string>;
  /** Ends a node's kubelet and containers at once, as a machine that loses power does. */
  killNode(name: string): Promise<void>;
  /** Kills the process of a running container with -9; the kubelet starts it anew. `id` as in a pod's status. */
  killContainer(node: string, id: string): Promise<void>;
  /** Kills the API server and starts it again at the same address; ready when settled. */
  restartApiServer(): Promise<void>;
  /** Removes all of it: processes, mounts, networks, cgroups, files. May be called twice. */
  stop(): Promise<void>;
}
