import type { GroundOf } from './ground.ts';

/** Resolves when a workflow has that phase; rejects after four minutes with what it is and what its executions say. */
export async function workflowIs(
  ground: GroundOf,
  name: string,
  namespace: string,
  phase: string,
): Promise<void> {
  const { cluster, kubectl } = ground();
  const { exitCode } = await cluster.kubectl([
    'wait',
    `workflowexecution/${name}`,
    '-n',
    namespace,
    `--for=jsonpath={.status.phase}=${phase}`,
    '--timeout=240s',
  ]);
  if (exitCode === 0) return;
  const executions = await kubectl(['get', 'kubernetesexecutions', '-n', namespace, '-o', 'yaml']);
  throw new Error(`workflow ${name} is not ${phase}:\n${executions}`);
}
