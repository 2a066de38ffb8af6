import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type KubeObject, objectKey } from '../../src/kube/kube-object.ts';
import { type AddressedResource, pluralOfKind } from './addressed-resource.ts';
import { type FieldOwners, noteOwners } from './field-owners.ts';
import type { JsonObject } from './json.ts';

/** An object as the fake keeps it. */
export type StoredObject = KubeObject & JsonObject;

/** What happened to an object; `before` is absent for a new one, `after` for one that is gone. */
export interface ObjectChange {
  readonly collection: string;
  readonly resourceVersion: number;
  readonly before?: StoredObject;
  readonly after?: StoredObject;
}

/** Where a write goes. */
export interface WritePlace {
  readonly resource: Pick<AddressedResource, 'group' | 'version' | 'plural'>;
  readonly manager: string;
  /** A dry run answers what would be there, and keeps nothing. */
  readonly dryRun?: boolean;
}

/** The name of all objects of a kind, whatever their version. */
export function collectionOf({ group, plural }: Pick<AddressedResource, 'group' | 'plural'>): string {
  return `${plural}.${group}`;
}

/** Group and version of an object, by its `apiVersion`; that of a list's item is its list's. */
export function resourceOfObject(object: { readonly apiVersion?: string; readonly kind?: string }) {
  const [version = 'v1', group = ''] = (object.apiVersion ?? 'v1').split('/').toReversed();
  return { group, version, plural: pluralOfKind(object.kind ?? '') };
}

/** The objects of a fake API server, with resourceVersions, generations, finalizers and who set which field. */
export class FakeObjects {
  readonly changes: ObjectChange[] = [];
  #resourceVersion = 0;
  readonly #collections = new Map<string, Map<string, StoredObject>>();
  readonly #owners = new Map<string, FieldOwners>();
  readonly #listeners = new Set<(change: ObjectChange) => void>();

  get resourceVersion(): string {
    return String(this.#resourceVersion);
  }

  list(collection: string): readonly StoredObject[] {
    return [...(this.#collections.get(collection)?.values() ?? [])];
  }

  get(collection: string, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#collections.get(collection)?.get(objectKey(at(namespace, name)));
  }

  all(): readonly StoredObject[] {
    return [...this.#collections.keys()].flatMap((collection) => this.list(collection));
  }

  /** Of whatever group has that plural. */
  ofPlural(plural: string): readonly StoredObject[] {
    return [...this.#collections.keys()]
      .filter((collection) => collection.startsWith(`${plural}.`))
      .flatMap((collection) => this.list(collection));
  }

  ownersOf(object: StoredObject): FieldOwners {
    const known = this.#owners.get(object.metadata.uid);
    if (known !== undefined) return known;
    const owners: FieldOwners = new Map();
    this.#owners.set(object.metadata.uid, owners);
    return owners;
  }

  /** Stores a new object; the caller has made sure that its name is free. */
  create(draft: JsonObject, place: WritePlace): StoredObject {
    const { metadata, status: _status, ...rest } = draft;
    const object = {
      ...rest,
      metadata: {
        ...(metadata as JsonObject),
        uid: randomUUID(),
        creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
        ...('spec' in rest ? { generation: 1 } : {}),
      },
    } as unknown as StoredObject;
    return this.#write(undefined, object, place);
  }

  /** Stores a changed object; unchanged it keeps its resourceVersion, and the last finalizer ends it. */
  update(before: StoredObject, draft: JsonObject, place: WritePlace): StoredObject {
    const specBefore: JsonObject = { ...before, metadata: undefined, status: undefined };
    const specAfter: JsonObject = { ...draft, metadata: undefined, status: undefined };
    const { uid, creationTimestamp, deletionTimestamp, generation, resourceVersion } = before.metadata;
    const metadata = {
      ...(draft['metadata'] as JsonObject),
      uid,
      resourceVersion,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(generation === undefined
        ? {}
        : { generation: generation + (isDeepStrictEqual(specBefore, specAfter) ? 0 : 1) }),
    };
    const after = { ...draft, metadata } as unknown as StoredObject;
    if (isDeepStrictEqual(before, after)) return before;
    const isGone = deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0;
    return isGone ? this.#end(after, place) : this.#write(before, after, place);
  }

  /** Ends an object, or marks it where a finalizer holds it; answers what is left, if any. */
  delete(object: StoredObject, place: WritePlace): StoredObject | undefined {
    if ((object.metadata.finalizers ?? []).length === 0) {
      this.#end(object, place);
      return undefined;
    }
    if (object.metadata.deletionTimestamp !== undefined) return object;
    const deletionTimestamp = new Date().toISOString();
    return this.#write(object, { ...object, metadata: { ...object.metadata, deletionTimestamp } }, place);
  }

  /** The function it returns ends the subscription. */
  subscribe(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #write(before: StoredObject | undefined, draft: StoredObject, place: WritePlace): StoredObject {
    const resourceVersion = String(this.#resourceVersion + 1);
    const after = structuredClone({ ...draft, metadata: { ...draft.metadata, resourceVersion } });
    if (place.dryRun === true) return after;
    const collection = collectionOf(place.resource);
    const objects = this.#collections.get(collection) ?? new Map<string, StoredObject>();
    this.#collections.set(collection, objects.set(objectKey(after.metadata), after));
    noteOwners(this.ownersOf(after), before ?? { metadata: {} }, after, place.manager);
    this.#tell({ collection, after, ...(before === undefined ? {} : { before }) });
    return after;
  }

  #end(object: StoredObject, place: WritePlace): StoredObject {
    if (place.dryRun === true) return object;
    const collection = collectionOf(place.resource);
    this.#collections.get(collection)?.delete(objectKey(object.metadata));
    this.#owners.delete(object.metadata.uid);
    this.#tell({ collection, before: object });
    return object;
  }

  #tell(change: Omit<ObjectChange, 'resourceVersion'>): void {
    this.#resourceVersion += 1;
    const told = { ...change, resourceVersion: this.#resourceVersion };
    this.changes.push(told);
    for (const listener of this.#listeners) listener(told);
  }
}

function at(namespace: string | undefined, name: string) {
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}
