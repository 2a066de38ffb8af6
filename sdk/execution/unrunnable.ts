import { kubernetesExecutionSpecSchema } from '../../src/api/kubernetes-execution.ts';
import { suggestKey } from '../../src/config/suggest-key.ts';
import type { ActionRegistry } from '../../src/plugin/action-registry.ts';
import type { StoredExecution } from './stored-execution.ts';

/** Why nobody here can run an execution, or undefined for one that can be run. */
export function unrunnable(
  { spec }: StoredExecution,
  registry: ActionRegistry,
  clusterNames: readonly string[],
): string | undefined {
  const parsed = kubernetesExecutionSpecSchema.safeParse(spec);
  if (!parsed.success) {
    const lines = parsed.error.issues
      .slice(0, 20)
      .map(({ path, message }) => `${['spec', ...path].map(String).join('.')}: ${message}`);
    return ['The execution cannot be read:', ...lines].join('\n');
  }
  const { action, targetCluster = '' } = parsed.data;
  if (registry.find(action) === undefined) {
    // Keys of the configuration are spelled with dashes.
    const spellings = new Map(registry.names.map((name) => [name.replaceAll('_', '-'), name]));
    const meant = spellings.get(suggestKey(action, [...spellings.keys()]) ?? '');
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return `There is no action "${action}".${hint} Known actions: ${registry.names.join(', ')}.`;
  }
  if (targetCluster !== '' && !clusterNames.includes(targetCluster)) {
    const known = clusterNames.length === 0 ? 'it has no name' : `its names are ${clusterNames.join(', ')}`;
    return `It is meant for the cluster "${targetCluster}", which this one is not: ${known}.`;
  }
  return undefined;
}
