import type { KubectlResult } from '../kubectl.ts';
import { eventually } from '../eventually.ts';
import { WholeClusterError } from './whole-cluster-error.ts';

/** Resolves when a node that has just been started is Ready; rejects after five minutes with what it says of itself. */
export async function nodeReady(
  { kubectl }: { readonly kubectl: (args: readonly string[]) => Promise<KubectlResult> },
  name: string,
): Promise<void> {
  await eventually(
    `node ${name} has registered`,
    async () => (await kubectl(['get', 'node', name])).exitCode === 0,
    180_000,
  );
  const { exitCode } = await kubectl(['wait', `node/${name}`, '--for=condition=Ready', '--timeout=300s']);
  if (exitCode === 0) return;
  const { stdout } = await kubectl(['describe', 'node', name]);
  throw new WholeClusterError(`node ${name} is not Ready`, stdout);
}
