import { join } from 'node:path';
import type { Command } from '../binaries.ts';
import { startChild, type Child } from '../child-process.ts';

/** Starts kube-scheduler; nothing waits for it but pods. */
export function startScheduler(command: Command, folder: string, kubeconfig: string): Child {
  return startChild({
    name: 'kube-scheduler',
    command,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
    ],
    logFile: join(folder, 'kube-scheduler.log'),
  });
}
