import { afterAll, beforeAll, describe, inject } from 'vitest';
import { findWholeCluster } from '../cluster/whole/find-whole-cluster.ts';
import type { Ground } from './ground.ts';
import { startOperatedCluster } from './operated-cluster.ts';
import { declareActions } from './part-actions.ts';
import { declareAnalysis } from './part-analysis.ts';
import { declareConfiguration } from './part-configuration.ts';
import { declareInstall } from './part-install.ts';
import { declareLimit } from './part-limit.ts';
import { declareLoad } from './part-load.ts';
import { declareLostLeader } from './part-lost-leader.ts';
import { declareRecords } from './part-records.ts';
import { declareRestart } from './part-restart.ts';
import { declareUninstall } from './part-uninstall.ts';
import { type E2eResults, writeResults } from './results.ts';

/**
 * The product as an operator has it, in one cluster from its installation to its end: each part goes on where the one
 * before has left it. Where no cluster can be had, all of it is skipped.
 */
describe.skipIf(inject('noWholeCluster') !== undefined)('stepgate in a cluster with two nodes', () => {
  let ground: Ground | undefined;
  const results: E2eResults = {};
  const groundOf = (): Ground => {
    if (ground === undefined) throw new Error('the cluster did not start');
    return ground;
  };

  beforeAll(async () => {
    const progress = (line: string) => console.log(line);
    const operated = await startOperatedCluster(await findWholeCluster(), { nodes: 2, progress });
    ground = { ...operated, results };
  }, 900_000);

  afterAll(async () => {
    if (ground === undefined) return;
    writeResults(results, ground.cluster);
    await ground.stop();
  }, 120_000);

  declareInstall(groundOf);
  declareLimit(groundOf);
  declareActions(groundOf);
  declareAnalysis(groundOf);
  declareConfiguration(groundOf);
  declareLoad(groundOf);
  declareLostLeader(groundOf);
  declareRecords(groundOf);
  declareRestart(groundOf);
  declareUninstall(groundOf);
});
