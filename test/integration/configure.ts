import { readFileSync } from 'node:fs';
import { defaultInstallation } from '../../src/api/manifests/installation.ts';
import { configMapName } from '../../src/config/config-watch.ts';
import { eventually } from '../cluster/eventually.ts';
import type { InstalledCluster } from '../cluster/installed-cluster.ts';
import type { WebhookReplica } from '../cluster/webhook-replica.ts';

/**
 * Replaces the ConfigMap's data, as a person with kubectl would, and resolves when every replica's log has one
 * more of what it `says`. A change that makes no difference to what is in force is not said.
 */
export async function configure(
  { controlPlane, replicas }: Pick<InstalledCluster, 'controlPlane' | 'replicas'>,
  data: Readonly<Record<string, string>>,
  says = 'The configuration changed',
  withinMilliseconds = 20_000,
): Promise<void> {
  const before = new Map(replicas.map((replica) => [replica, timesSaid(says, replica)]));
  const input = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configMapName, namespace: defaultInstallation.namespace },
    data,
  });
  const { exitCode, stderr } = await controlPlane.kubectl(['apply', '-f', '-'], { input });
  if (exitCode !== 0) throw new Error(stderr);
  await eventually(
    `every replica has said: ${says}`,
    async () => replicas.every((replica) => timesSaid(says, replica) > (before.get(replica) ?? 0)),
    withinMilliseconds,
  );
}

function timesSaid(text: string, { child }: WebhookReplica): number {
  return readFileSync(child.logFile, 'utf8').split(text).length;
}
