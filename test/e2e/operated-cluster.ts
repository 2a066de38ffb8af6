import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditLog, auditLogIn } from '../chart/audit-log.ts';
import type { Values } from '../chart/helm.ts';
import { type Release, releaseOf } from '../chart/installed-release.ts';
import type { Progress } from '../cluster/binaries.ts';
import { type CertManager, startCertManager } from '../cluster/cert-manager.ts';
import type { KubectlOptions } from '../cluster/kubectl.ts';
import type { StartWholeCluster } from '../cluster/whole/find-whole-cluster.ts';
import type { WholeCluster } from '../cluster/whole/whole-cluster.ts';
import { productImage } from './product-image.ts';

/** A cluster as an operator has it: nodes, cert-manager, and the product installed from its image and its chart. */
export interface OperatedCluster {
  readonly cluster: WholeCluster;
  readonly certManager: CertManager;
  readonly release: Release;
  readonly audit: AuditLog;
  /** Values of the chart that every install and upgrade needs here. */
  readonly values: Values;
  /** How long `helm install` took until all pods were Ready. */
  readonly installSeconds: number;
  /** Runs kubectl as the administrator and answers its stdout. Rejects with its stderr. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<string>;
  stop(): Promise<void>;
}

/** Of the release, and of the namespace that it is installed in. */
export const installed = { release: 'stepgate', namespace: 'kubernaut-system' };

/** Starts all of it; resolves when every pod of the product is Ready. */
export async function startOperatedCluster(
  start: StartWholeCluster,
  { progress = () => {} }: { readonly progress?: Progress } = {},
): Promise<OperatedCluster> {
  const image = await productImage();
  const auditFolder = mkdtempSync(join(tmpdir(), 'stepgate-audit-'));
  const audit = auditLogIn(auditFolder);
  const cluster = await start({ apiServerFlags: audit.flags, sharedFolder: auditFolder });
  let certManager: CertManager | undefined;
  const stop = async () => {
    await certManager?.stop();
    await cluster.stop();
    rmSync(auditFolder, { recursive: true, force: true });
  };
  const kubectl = async (args: readonly string[], options: KubectlOptions = {}) => {
    const { exitCode, stdout, stderr } = await cluster.kubectl(args, options);
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  try {
    progress(`a cluster is up: ${cluster.made}, Kubernetes ${cluster.version}`);
    certManager = await startCertManager(cluster);
    await cluster.loadImage(image.archive);
    progress(`cert-manager ${certManager.version} runs, and the image is loaded`);
    const release = releaseOf(cluster, installed.release, installed.namespace);
    await makeRestrictedNamespace(kubectl, installed.namespace);
    const values = { 'image.repository': image.repository, 'image.tag': image.tag };
    const startedAt = performance.now();
    await release.install(values);
    await rolledOut(kubectl);
    const installSeconds = (performance.now() - startedAt) / 1_000;
    progress(`stepgate is installed; its pods were Ready after ${installSeconds.toFixed(0)} s`);
    return { cluster, certManager, release, audit, values, installSeconds, kubectl, stop };
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
