import { setTimeout as pause } from 'node:timers/promises';
import { kubernetesExecutionKind, workflowAnnotation, workflowLabel } from '../../src/api/names.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import { compareResourceVersions } from '../../src/api/resource-version.ts';
import { listAll } from '../../src/kube/consistent-list.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { parseWatchEvent, type WatchEvent } from '../../src/kube/watch-event.ts';
import { createLineSplitter } from '../../src/kube/watch-lines.ts';
import { eventually } from '../cluster/eventually.ts';
import { type HistoryEvent, now, requestLabel } from './records.ts';

/**
 * Sees every execution of the cluster at every resourceVersion, by a watch of full objects of its own; it shares
 * no code with the webhook's caches.
 */
export interface Observer {
  readonly events: readonly HistoryEvent[];
  /** The executions that are active by now, by workflow (`namespace/name`): uid and name. */
  active(workflow: string): ReadonlyMap<string, string>;
  /** How often its watch had to be continued. */
  readonly resumed: number;
  /** Resolves when the history has all that a list shows now; rejects when there is a gap in it. */
  caughtUp(): Promise<void>;
  /** Ends the watch. Rejects with the reason when the history is not complete. */
  stop(): Promise<void>;
}

interface Execution extends KubeObject {
  readonly status?: { readonly phase?: string };
}

/** Starts from a list that must be empty: the storm makes everything that there is. */
export async function startObserver(client: KubeClient): Promise<Observer> {
  const kind = kubernetesExecutionKind;
  const first = await listAll<Execution>(client, { kind });
  if (first.items.length > 0) throw new Error('there are executions from before the storm');
  const stopping = new AbortController();
  const events: HistoryEvent[] = [];
  const objects = new Map<string, { readonly resourceVersion: string; readonly workflow: string }>();
  const active = new Map<string, Map<string, string>>();
  let revision = first.resourceVersion;
  let resumed = 0;
  let gap: unknown;

  function take({ type, object }: WatchEvent<Execution>): void {
    const { metadata, status } = object;
    if (compareResourceVersions(metadata.resourceVersion, revision) < 0) {
      throw new Error(`the watch shows ${metadata.resourceVersion} after ${revision}`);
    }
    revision = metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    const { uid, name, namespace = '', labels, annotations } = metadata;
    const workflowName = labels?.[workflowLabel] || annotations?.[workflowAnnotation];
    const workflow = workflowName === undefined ? undefined : `${namespace}/${workflowName}`;
    const settled = isSettledExecutionPhase(status?.phase);
    const request = labels?.[requestLabel];
    events.push({
      receivedAt: now(),
      resourceVersion: revision,
      type,
      namespace,
      name,
      uid,
      workflow,
      settled,
      request,
    });
    active.get(objects.get(uid)?.workflow ?? '')?.delete(uid);
    if (type === 'DELETED') {
      objects.delete(uid);
      return;
    }
    objects.set(uid, { resourceVersion: revision, workflow: workflow ?? '' });
    if (settled) return;
    const names = active.get(workflow ?? '') ?? new Map<string, string>();
    active.set(workflow ?? '', names.set(uid, name));
  }

  async function watchOnce(): Promise<void> {
    const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: revision };
    const { signal } = stopping;
    const bytes = await client.stream({ method: 'GET', path: resourcePath(kind), query, signal });
    const lines = createLineSplitter(16 * 1024 * 1024);
    for await (const chunk of bytes) {
      for (const line of lines(chunk)) take(parseWatchEvent<Execution>(line));
    }
  }

  /** A watch that breaks off is continued where it ended, and only there: the history has no gap, or is no use. */
  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await watchOnce();
      } catch (error) {
        if (stopping.signal.aborted) return;
        const isGone = error instanceof KubeStatusError && error.status.code === 410;
        const mayResume = error instanceof KubeConnectionError || error instanceof KubeStatusError;
        if (!mayResume || isGone) {
          gap = error;
          return;
        }
      }
      resumed += 1;
      await pause(200);
    }
  }
  const following = follow();

  return {
    events,
    active: (workflow) => active.get(workflow) ?? new Map<string, string>(),
    get resumed() {
      return resumed;
    },
    async caughtUp() {
      // Listed anew each time: somebody may be at work still.
      const isWhole = async (): Promise<boolean> => {
        if (gap !== undefined) throw gap;
        const { items } = await listAll<Execution>(client, { kind });
        return (
          items.length === objects.size &&
          items.every(
            ({ metadata }) => objects.get(metadata.uid)?.resourceVersion === metadata.resourceVersion,
          )
        );
      };
      await eventually('the history has what a list shows', isWhole);
    },
    async stop() {
      stopping.abort(new Error('the observer stops'));
      await following;
      if (gap !== undefined) throw gap;
    },
  };
}
