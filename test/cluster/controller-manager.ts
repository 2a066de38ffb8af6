import { join } from 'node:path';
import type { Command } from './binaries.ts';
import { type Child, startChild } from './child-process.ts';

/** The controllers that make an API server behave as in a cluster without nodes. */
const controllersWithoutNodes = [
  'garbage-collector-controller',
  'namespace-controller',
  'resourcequota-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'clusterrole-aggregation-controller',
  'validatingadmissionpolicy-status-controller',
];

/**
 * Starts kube-controller-manager and does not wait for it: nothing needs it in the first second. Of CRDs
 * that are installed later its garbage collector learns within 30 s (its resync period, not configurable).
 *
 * @param controllers their names; `*` is all that are on by default
 */
export function startControllerManager(
  command: Command,
  folder: string,
  kubeconfig: string,
  controllers: readonly string[] = controllersWithoutNodes,
): Child {
  return startChild({
    name: 'kube-controller-manager',
    command,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--controllers=${controllers.join(',')}`,
      '--leader-elect=false',
      '--secure-port=0',
      `--root-ca-file=${join(folder, 'authority.crt')}`,
      `--service-account-private-key-file=${join(folder, 'service-account.key')}`,
      `--flex-volume-plugin-dir=${join(folder, 'volume-plugins')}`, // it makes the folder
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
    logFile: join(folder, 'kube-controller-manager.log'),
  });
}
