import { findWholeCluster } from '../cluster/whole/find-whole-cluster.ts';

// Ends with 0 where there can be a cluster with nodes, and 1 where there can be none: then no image is needed either.
await findWholeCluster({ progress: (line) => console.log(line) }).catch(() => {
  process.exitCode = 1;
});
