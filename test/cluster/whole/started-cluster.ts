import { findOwnClusterPrograms, startOwnCluster } from './own-cluster.ts';

// A process that starts a cluster, says where its files are, and then waits for its end. Tests kill it.
const cluster = await startOwnCluster(await findOwnClusterPrograms({}));
process.on('SIGINT', () => void cluster.stop().then(() => process.exit(0)));
process.stdout.write(`${cluster.folder}\n`);
setInterval(() => {}, 60_000);
