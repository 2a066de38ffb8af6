/**
 * What was admitted and may still be lost: the API server asks others after us, and stores a write only on the very
 * revision that it was admitted on. So the next revision of the object that a watch shows is that of the write, or the
 * write is lost. Only the replica that admitted it knows it, so nothing is told twice, and nothing after a restart.
 */
import { compareResourceVersions } from '../../src/api/resource-version.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';

/** A write that was admitted. */
export interface AdmittedDecision {
  readonly namespace: string;
  readonly name: string;
  /** Of the object; of one that is created it is final. */
  readonly uid: string;
  /** resourceVersion that the write is made on; undefined for a create. */
  readonly base: string | undefined;
  /** Annotations that the object has after the write, and those that it has not. */
  readonly annotations: Readonly<Record<string, string | undefined>>;
  /** Called once when a watch has shown the write. */
  readonly stored: () => void;
}

/** Those that no watch has shown yet. */
export interface AdmittedDecisions {
  add(decision: AdmittedDecision): void;
  /** What a watch shows of an object, in the order of its revisions. */
  shown(object: Pick<KubeObject, 'metadata'>): void;
  /** The watch shows that object no more. */
  gone(object: Pick<KubeObject, 'metadata'>): void;
  readonly size: number;
}

/** Writes that are lost without a later one stay until others push them out; each namespace has its own room. */
const mostInNamespace = 128;
const mostInAll = 4_096;

/** None yet. */
export function createAdmittedDecisions(): AdmittedDecisions {
  const namespaces = new Map<string, Set<AdmittedDecision>>();
  let size = 0;

  function drop(decision: AdmittedDecision): void {
    const waiting = namespaces.get(decision.namespace);
    if (waiting?.delete(decision) !== true) return;
    size -= 1;
    if (waiting.size === 0) namespaces.delete(decision.namespace);
  }

  function dropOldest(waiting: ReadonlySet<AdmittedDecision> | undefined): void {
    for (const oldest of waiting ?? []) {
      drop(oldest);
      return;
    }
  }

  /** Those that wait for this very object. */
  function waitingFor({ metadata }: Pick<KubeObject, 'metadata'>): readonly AdmittedDecision[] {
    const waiting = namespaces.get(metadata.namespace ?? '');
    if (waiting === undefined) return [];
    return [...waiting].filter(({ name, uid }) => name === metadata.name && uid === metadata.uid);
  }

  return {
    add(decision) {
      const waiting = namespaces.get(decision.namespace) ?? new Set();
      if (waiting.size >= mostInNamespace) dropOldest(waiting);
      if (size >= mostInAll) dropOldest(namespaces.values().next().value);
      namespaces.set(decision.namespace, waiting.add(decision));
      size += 1;
    },
    shown(object) {
      for (const decision of waitingFor(object)) {
        const { base, annotations } = decision;
        const { resourceVersion, annotations: shown = {} } = object.metadata;
        // The watch is behind: this is from before the write.
        if (base !== undefined && compareResourceVersions(resourceVersion, base) <= 0) continue;
        drop(decision);
        if (Object.entries(annotations).every(([name, value]) => shown[name] === value)) decision.stored();
      }
    },
    gone(object) {
      for (const decision of waitingFor(object)) drop(decision);
    },
    get size() {
      return size;
    },
  };
}
