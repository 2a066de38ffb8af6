import type { KubeObject } from './kube-object.ts';

/** What a reflector tells. Calls come one at a time, in the order of the API server's history. */
export interface ReflectorHandler<T extends KubeObject> {
  /** The state as a whole, at `resourceVersion`: everything known before is void. */
  replaced(items: readonly T[], resourceVersion: string): void;
  added(item: T): void;
  modified(item: T): void;
  /** `item` is its last state; its resourceVersion is that of the deletion, or of the change that unselected it. */
  deleted(item: T): void;
  /** Everything up to `resourceVersion` has been told. */
  progressed(resourceVersion: string): void;
}
