import { kubernetesExecutionKind, labelValueMaxLength, workflowLabel } from '../../src/api/names.ts';
import { activeExecutionFieldSelector } from '../../src/api/phase.ts';
import { type Clock, systemClock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { startReflector } from '../../src/kube/reflector.ts';
import { SlotLine } from './slot-line.ts';
import { workflowOf } from './workflow-of.ts';

/** What waiters share. */
export interface SlotWaitersOptions {
  readonly client: KubeClient;
  readonly clock?: Clock;
  /** Uniform in [0, 1); default Math.random. */
  readonly random?: () => number;
}

interface OpenLine {
  readonly line: SlotLine;
  users: number;
  readonly stop: () => Promise<void>;
}

/**
 * Those of a process who wait for slots: the ones of one workflow stand in one line and share one watch, which is open
 * as long as somebody waits.
 */
export class SlotWaiters {
  readonly #options: SlotWaitersOptions;
  readonly #lines = new Map<string, OpenLine>();

  constructor(options: SlotWaitersOptions) {
    this.#options = options;
  }

  /** True where somebody waits already: who comes now had better stand behind. */
  isWaitedFor(namespace: string, workflow: string): boolean {
    return this.#lines.has(`${namespace}/${workflow}`);
  }

  /** The line of a workflow, until the function that it comes with is called. */
  join(
    namespace: string,
    workflow: string,
  ): { readonly line: SlotLine; readonly leave: () => Promise<void> } {
    const key = `${namespace}/${workflow}`;
    const open = this.#lines.get(key) ?? this.#open(namespace, workflow);
    this.#lines.set(key, open);
    open.users += 1;
    return {
      line: open.line,
      leave: async () => {
        open.users -= 1;
        if (open.users > 0) return;
        if (this.#lines.get(key) === open) this.#lines.delete(key);
        await open.stop();
      },
    };
  }

  #open(namespace: string, workflow: string): OpenLine {
    const { client, clock = systemClock, random = Math.random } = this.#options;
    const line = new SlotLine({ clock, random });
    let present = new Set<string>();
    const isOurs = (item: KubeObject): boolean => workflowOf(item) === workflow;
    const gone = (item: KubeObject): void => {
      if (isOurs(item)) present.delete(item.metadata.uid);
    };
    const reflector = startReflector<KubeObject>({
      client,
      clock,
      random,
      kind: kubernetesExecutionKind,
      namespace,
      metadataOnly: true,
      fieldSelector: activeExecutionFieldSelector,
      // Admission completes the label of every execution that it lets in, where the name fits.
      ...(workflow.length <= labelValueMaxLength ? { labelSelector: `${workflowLabel}=${workflow}` } : {}),
      handler: {
        // A slot may have become free before the watch began, or while it was away.
        replaced: (items) => {
          present = new Set(items.filter(isOurs).map(({ metadata }) => metadata.uid));
          line.freed();
        },
        added: (item) => {
          if (isOurs(item)) present.add(item.metadata.uid);
        },
        modified: () => undefined,
        deleted: (item) => {
          const before = present.size;
          gone(item);
          if (present.size < before) line.freed();
        },
        progressed: () => undefined,
      },
    });
    return { line, users: 0, stop: () => reflector.stop() };
  }
}
