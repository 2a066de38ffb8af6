import type { RequiredDefinition } from '../../src/api/manifests/required-definitions.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { lackOf, type StoredDefinition } from './lacking-definition.ts';

const definitionKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
};

/** How it is made. */
export interface DefinitionCheckOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly required: readonly RequiredDefinition[];
  /** How soon definitions that lack something are looked at again. Default 5,000. */
  readonly retryMilliseconds?: number;
}

/** Looks whether the kinds that are installed, by whomever, can bear what stepgate promises. */
export interface DefinitionCheck {
  /** What keeps this replica from being ready, one sentence for each definition; none once all was found well. */
  readonly reasons: readonly string[];
  stop(): Promise<void>;
}

/**
 * Looks at once, and again until nothing is lacking. Then it ends: what becomes of a definition later is its owner's
 * doing, and a replica that left for it would take the limit along.
 */
export function startDefinitionCheck(options: DefinitionCheckOptions): DefinitionCheck {
  const { clock, logger, required, retryMilliseconds = 5_000 } = options;
  const stopping = new AbortController();
  let reasons: readonly string[] = ['the CustomResourceDefinitions were not looked at yet'];
  const looking = look().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });

  async function look(): Promise<void> {
    for (;;) {
      const found = await Promise.all(required.map((each) => reasonOf(each, options, stopping.signal)));
      stopping.signal.throwIfAborted();
      const next = found.filter((reason) => reason !== undefined);
      const said = new Set(reasons);
      for (const reason of next.filter((each) => !said.has(each))) logger.warn({ reason }, 'not ready');
      reasons = next;
      if (reasons.length === 0) return;
      await clock.sleep(retryMilliseconds, stopping.signal);
    }
  }

  return {
    get reasons() {
      return reasons;
    },
    async stop() {
      stopping.abort(new Error('stopped'));
      await looking;
    },
  };
}

async function reasonOf(
  required: RequiredDefinition,
  { client }: DefinitionCheckOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { name, optional } = required;
  try {
    const path = resourcePath(definitionKind, { name });
    return lackOf(required, await client.request<StoredDefinition>({ method: 'GET', path, signal }));
  } catch (error) {
    if (isKubeStatus(error, 404)) {
      return optional ? undefined : `the CustomResourceDefinition ${name} is not installed`;
    }
    return `the CustomResourceDefinition ${name} could not be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
