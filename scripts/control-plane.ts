import { findBinaries } from '../test/cluster/find-binaries.ts';

// Makes sure that the control plane for tests and demo is there (K8S_VERSION picks one), and says where.
try {
  const binaries = await findBinaries({ progress: (line) => console.log(line) });
  console.log(`Kubernetes ${binaries.version}: ${binaries.source}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
