import type { TestProject } from 'vitest/node';
import { findCertManager } from '../cluster/find-cert-manager.ts';
import { findHelm } from '../cluster/find-helm.ts';
import { findWholeCluster } from '../cluster/whole/find-whole-cluster.ts';
import { NoWholeClusterError } from '../cluster/whole/whole-cluster-error.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Why there can be no cluster with nodes here; undefined where there can be one. */
    noWholeCluster: string | undefined;
  }
}

/** Finds or builds the programs once, before the first test. Where there can be no cluster, one line says why. */
export default async function setup(project: TestProject): Promise<void> {
  const progress = (line: string) => console.log(line);
  let obstacle: string | undefined;
  try {
    await findWholeCluster({ progress });
    await findCertManager({ progress });
    await findHelm({ progress });
  } catch (error) {
    if (!(error instanceof NoWholeClusterError)) throw error;
    obstacle = error.message;
    console.log(`e2e is skipped. ${obstacle}`);
  }
  project.provide('noWholeCluster', obstacle);
}
