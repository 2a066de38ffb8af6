import { findOwnClusterPrograms, startOwnCluster } from './own-cluster.ts';

// A process that starts a cluster, says where its files are, and then waits for its end. Tests kill it.
const cluster = await startOwnCluster(await findOwnClusterPrograms({}));
process.stdout.write(`${cluster.folder}\n`);
const waiting = setInterval(() => {}, 60_000);
// It ends by itself once nothing of the cluster is left to wait for.
process.on('SIGINT', () => void cluster.stop().then(() => clearInterval(waiting)));
