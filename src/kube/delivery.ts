import type { KubeObject } from './kube-object.ts';
import type { ReflectorHandler } from './reflector-handler.ts';
import { WatchError } from './watch-error.ts';
import type { WatchEvent } from './watch-event.ts';

/** Hands what a connection learns to the handler; nothing that the handler does comes back as an exception. */
export interface Delivery<T extends KubeObject> {
  /** @throws WatchError `handler-failed` when the handler did not take the list: it has no state then */
  replaced(items: readonly T[], resourceVersion: string): void;
  event(event: WatchEvent<T>): void;
  /** Everything up to here was handed over. */
  readonly resourceVersion: string | undefined;
}

export interface DeliveryOptions<T extends KubeObject> {
  readonly handler: ReflectorHandler<T>;
  readonly transform: (item: T) => T;
  /** A list was taken. */
  readonly onReplaced: () => void;
  /** Told of each throw, and of the rejection of a handler that is async against its type. */
  readonly onHandlerFailed: (error: unknown) => void;
}

export function createDelivery<T extends KubeObject>(options: DeliveryOptions<T>): Delivery<T> {
  const { handler, transform, onReplaced, onHandlerFailed } = options;
  let seen: string | undefined;

  /** True when the call returned. */
  function attempt(call: () => unknown): boolean {
    try {
      const result = call();
      if (result instanceof Promise) result.catch(onHandlerFailed);
      return true;
    } catch (error) {
      onHandlerFailed(error);
      return false;
    }
  }

  return {
    replaced(items, resourceVersion) {
      if (!attempt(() => handler.replaced(items, resourceVersion))) {
        throw new WatchError('handler-failed', 'The handler did not take the initial list');
      }
      seen = resourceVersion;
      onReplaced();
    },
    event({ type, object }) {
      const { resourceVersion } = object.metadata;
      attempt(() => {
        switch (type) {
          case 'ADDED':
            return handler.added(transform(object));
          case 'MODIFIED':
            return handler.modified(transform(object));
          case 'DELETED':
            return handler.deleted(transform(object));
          case 'BOOKMARK':
            return handler.progressed(resourceVersion);
        }
      });
      seen = resourceVersion;
    },
    get resourceVersion() {
      return seen;
    },
  };
}
