import type { KubeObject } from '../../src/kube/kube-object.ts';
import type { ReflectorHandler } from '../../src/kube/reflector-handler.ts';

/**
 * Hands what one reflector tells to several handlers. One that throws does not keep the others from being told; what
 * they threw reaches the reflector as one AggregateError.
 */
export function fanOut<T extends KubeObject>(handlers: Iterable<ReflectorHandler<T>>): ReflectorHandler<T> {
  function tell(call: (handler: ReflectorHandler<T>) => void): void {
    const errors: unknown[] = [];
    for (const handler of handlers) {
      try {
        call(handler);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'A cache did not take what the watch told');
  }

  return {
    replaced: (items, resourceVersion) => tell((handler) => handler.replaced(items, resourceVersion)),
    added: (item) => tell((handler) => handler.added(item)),
    modified: (item) => tell((handler) => handler.modified(item)),
    deleted: (item) => tell((handler) => handler.deleted(item)),
    progressed: (resourceVersion) => tell((handler) => handler.progressed(resourceVersion)),
  };
}

/** Hands on what is selected: an object that is not any more is told as deleted, as by a watch with selectors. */
export function selected<T extends KubeObject>(
  handler: ReflectorHandler<T>,
  selects: (item: T) => boolean,
): ReflectorHandler<T> {
  return {
    replaced: (items, resourceVersion) => handler.replaced(items.filter(selects), resourceVersion),
    added: (item) =>
      selects(item) ? handler.added(item) : handler.progressed(item.metadata.resourceVersion),
    modified: (item) => (selects(item) ? handler.modified(item) : handler.deleted(item)),
    deleted: (item) => handler.deleted(item),
    progressed: (resourceVersion) => handler.progressed(resourceVersion),
  };
}

/** Hands on what `transform` makes of each object: of those that share a watch, each keeps what it needs. */
export function transformed<T extends KubeObject>(
  handler: ReflectorHandler<T>,
  transform: (item: T) => T,
): ReflectorHandler<T> {
  return {
    replaced: (items, resourceVersion) => handler.replaced(items.map(transform), resourceVersion),
    added: (item) => handler.added(transform(item)),
    modified: (item) => handler.modified(transform(item)),
    deleted: (item) => handler.deleted(transform(item)),
    progressed: (resourceVersion) => handler.progressed(resourceVersion),
  };
}
