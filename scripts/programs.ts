import { findBinaries } from '../test/cluster/find-binaries.ts';
import { findCertManager } from '../test/cluster/find-cert-manager.ts';
import { findHelm } from '../test/cluster/find-helm.ts';
import { findWholeCluster } from '../test/cluster/whole/find-whole-cluster.ts';
import { NoWholeClusterError } from '../test/cluster/whole/whole-cluster-error.ts';

// Makes sure that what tests, demo and `make e2e` run on is there, one after the other: each build takes all cores.
const progress = (line: string): void => console.log(line);
const binaries = await findBinaries({ progress });
progress(`Kubernetes ${binaries.version}: ${binaries.source}`);
const { version, program } = await findCertManager({ progress });
progress(`cert-manager ${version}: ${program}`);
progress(`helm: ${await findHelm({ progress })}`);
try {
  await findWholeCluster({ progress });
  progress('a cluster with nodes: all that it takes is there');
} catch (error) {
  if (!(error instanceof NoWholeClusterError)) throw error;
  progress(error.message);
}
