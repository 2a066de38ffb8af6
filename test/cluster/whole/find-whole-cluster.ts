import { findBinaries } from '../find-binaries.ts';
import { resolveVersion } from '../versions.ts';
import { kindObstacle } from './kind-obstacle.ts';
import { findOwnClusterPrograms, startOwnCluster } from './own-cluster.ts';
import { ownNodeObstacle } from './own-node-obstacle.ts';
import { NoWholeClusterError } from './whole-cluster-error.ts';
import type { WholeCluster, WholeClusterOptions } from './whole-cluster.ts';

/** Starts one, with everything found or built that it takes. */
export type StartWholeCluster = (options?: WholeClusterOptions) => Promise<WholeCluster>;

/**
 * The way to a cluster with a node on this machine: kind where Docker may run privileged, else a node of our own, on
 * Linux as root. Builds and installs what that takes. Rejects with NoWholeClusterError where neither is possible.
 */
export async function findWholeCluster(options: WholeClusterOptions = {}): Promise<StartWholeCluster> {
  const { progress = () => {} } = options;
  const version = resolveVersion(process.env['K8S_VERSION']);
  const withoutKind = await kindObstacle(version, progress);
  if (withoutKind === undefined) {
    const binaries = await findBinaries({ version, progress });
    const { startKindCluster } = await import('./kind-cluster.ts'); // loads testcontainers
    return (given) => startKindCluster(binaries, { ...options, ...given });
  }
  const withoutOwnNode = ownNodeObstacle();
  if (withoutOwnNode !== undefined) {
    throw new NoWholeClusterError([`kind: ${withoutKind}`, `a node of our own: ${withoutOwnNode}`]);
  }
  const programs = await findOwnClusterPrograms(options);
  return (given) => startOwnCluster(programs, { ...options, ...given });
}
