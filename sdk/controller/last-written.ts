import { compareResourceVersions } from '../../src/api/resource-version.ts';

/** What says which version of an object it is. */
interface Versioned {
  readonly metadata: { readonly resourceVersion: string };
}

/** The last state of one object that this process has written, until the cache shows it or a newer one. */
export class LastWritten<Item extends Versioned> {
  #written: Item | undefined;

  /** The newer one of what the cache shows and what this process has written. */
  newest(cached: Item): Item {
    const written = this.#written;
    if (written === undefined) return cached;
    const { resourceVersion } = cached.metadata;
    if (compareResourceVersions(written.metadata.resourceVersion, resourceVersion) > 0) return written;
    this.#written = undefined;
    return cached;
  }

  wrote(item: Item): void {
    this.#written = item;
  }

  /** True where what the cache shows now is what this process has written last; nothing needs to be kept then. */
  shown({ metadata }: Item): boolean {
    if (this.#written?.metadata.resourceVersion !== metadata.resourceVersion) return false;
    this.#written = undefined;
    return true;
  }
}
