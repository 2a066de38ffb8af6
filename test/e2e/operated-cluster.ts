import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { type AuditLog, auditLogIn } from '../chart/audit-log.ts';
import type { Values } from '../chart/helm.ts';
import { type Release, releaseOf } from '../chart/installed-release.ts';
import type { Progress } from '../cluster/binaries.ts';
import { type CertManager, startCertManager } from '../cluster/cert-manager.ts';
import type { KubectlOptions } from '../cluster/kubectl.ts';
import type { StartWholeCluster } from '../cluster/whole/find-whole-cluster.ts';
import type { WholeCluster } from '../cluster/whole/whole-cluster.ts';
import { type Observer, startObserver } from '../storm/observer.ts';
import { type ProductImage, productImage } from './product-image.ts';

/** A cluster as an operator has it: nodes, cert-manager, and the product installed from its image and its chart. */
export interface OperatedCluster {
  readonly cluster: WholeCluster;
  readonly certManager: CertManager;
  readonly release: Release;
  readonly audit: AuditLog;
  readonly image: ProductImage;
  /** As the administrator. */
  readonly client: KubeClient;
  /** Sees every execution from the first. */
  readonly observer: Observer;
  /** Names of the nodes, in order. */
  readonly nodes: readonly string[];
  /** Values of the chart that every install and upgrade needs here. */
  readonly values: Values;
  /** How long `helm install` took until all pods were Ready. */
  readonly installSeconds: number;
  /** Runs kubectl as the administrator and answers its stdout. Rejects with its stderr. */
  readonly kubectl: (args: readonly string[], options?: KubectlOptions) => Promise<string>;
  stop(): Promise<void>;
}

export interface OperatedClusterOptions {
  readonly progress?: Progress;
  /** Default 1. */
  readonly nodes?: number;
  /** Default: what `make image` has built. */
  readonly image?: ProductImage;
  /** More values of the chart. */
  readonly values?: Values;
}

/** Of the release, and of the namespace that it is installed in. */
export const installed = { release: 'stepgate', namespace: 'kubernaut-system' };

/** Starts all of it; resolves when every pod of the product is Ready. */
export async function startOperatedCluster(
  start: StartWholeCluster,
  given: OperatedClusterOptions = {},
): Promise<OperatedCluster> {
  const { progress = () => {} } = given;
  const image = given.image ?? productImage();
  const auditFolder = mkdtempSync(join(tmpdir(), 'stepgate-audit-'));
  const audit = auditLogIn(auditFolder);
  const cluster = await start({ apiServerFlags: audit.flags, sharedFolder: auditFolder });
  const client = createKubeClient(cluster.kubeConfig());
  let certManager: CertManager | undefined;
  let observer: Observer | undefined;
  const stop = async () => {
    await observer?.stop().catch(() => {}); // who needs its history has asked for it
    client.close();
    await certManager?.stop();
    await cluster.stop();
  };
  const kubectl = async (args: readonly string[], options: KubectlOptions = {}) => {
    const { exitCode, stdout, stderr } = await cluster.kubectl(args, options);
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  try {
    progress(`a cluster is up: ${cluster.made}, Kubernetes ${cluster.version}`);
    const nodes = [cluster.firstNode];
    for (let count = 1; count < (given.nodes ?? 1); count += 1) nodes.push(await cluster.addNode());
    certManager = await startCertManager(cluster);
    await cluster.loadImage(image.archive);
    progress(`cert-manager ${certManager.version} runs, and the image is loaded`);
    const release = releaseOf(cluster, installed.release, installed.namespace);
    await makeRestrictedNamespace(kubectl, installed.namespace);
    const values = { 'image.repository': image.repository, 'image.tag': image.tag, ...given.values };
    const startedAt = performance.now();
    await release.install(values);
    await rolledOut(kubectl);
    const installSeconds = (performance.now() - startedAt) / 1_000;
    progress(`stepgate is installed; its pods were Ready after ${installSeconds.toFixed(0)} s`);
    observer = await startObserver(client);
    const parts = { cluster, certManager, release, audit, image, client, observer, nodes };
    return { ...parts, values, installSeconds, kubectl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The API server admits only pods of the `restricted` profile there. */
async function makeRestrictedNamespace(kubectl: OperatedCluster['kubectl'], name: string): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify(namespace) });
}

/** Resolves when both Deployments of the product have all their pods, of the newest kind, Ready. */
export async function rolledOut(kubectl: OperatedCluster['kubectl']): Promise<void> {
  for (const part of ['webhook', 'controller']) {
    const deployment = `deployment/${installed.release}-${part}`;
    await kubectl(['rollout', 'status', deployment, '-n', installed.namespace, '--timeout=300s']);
  }
}
