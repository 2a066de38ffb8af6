import type { ResourceKind } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';

/** An object as a test sends it: what it needs to be one, and whatever else. */
export interface SentObject {
  readonly metadata: { readonly name?: string | undefined; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

type Query = Readonly<Record<string, string>>;

/** Every verb of one kind in one namespace, as one user. All of them reject with KubeStatusError. */
export interface KindClient {
  create<Answer = unknown>(object: object, query?: Query): Promise<Answer>;
  get<Answer = unknown>(name: string): Promise<Answer>;
  list<Answer = unknown>(query?: Query): Promise<Answer>;
  /** PUT, of the object or of its subresource. */
  replace<Answer = unknown>(object: SentObject, subresource?: string): Promise<Answer>;
  jsonPatch<Answer = unknown>(
    name: string,
    operations: readonly object[],
    subresource?: string,
  ): Promise<Answer>;
  mergePatch<Answer = unknown>(name: string, patch: object, subresource?: string): Promise<Answer>;
  /** Server-side apply, forced, as field manager `test`. */
  apply<Answer = unknown>(object: SentObject, subresource?: string): Promise<Answer>;
  delete(name: string): Promise<unknown>;
  deleteCollection(): Promise<unknown>;
}

/** A {@link KindClient} over a client of the product. */
export function kindClient(client: KubeClient, kind: ResourceKind, namespace: string): KindClient {
  const all = resourcePath(kind, { namespace });
  const one = (name = '', subresource?: string) => resourcePath(kind, { namespace, name, subresource });
  return {
    create: (body, query = {}) => client.request({ method: 'POST', path: all, body, query }),
    get: (name) => client.request({ method: 'GET', path: one(name) }),
    list: (query = {}) => client.request({ method: 'GET', path: all, query }),
    replace: (body, subresource) =>
      client.request({ method: 'PUT', path: one(body.metadata.name, subresource), body }),
    jsonPatch: (name, body, subresource) =>
      client.request({
        method: 'PATCH',
        path: one(name, subresource),
        body,
        contentType: 'application/json-patch+json',
      }),
    mergePatch: (name, body, subresource) =>
      client.request({
        method: 'PATCH',
        path: one(name, subresource),
        body,
        contentType: 'application/merge-patch+json',
      }),
    apply: (body, subresource) =>
      client.request({
        method: 'PATCH',
        path: one(body.metadata.name, subresource),
        body,
        query: { fieldManager: 'test', force: 'true' },
        contentType: 'application/apply-patch+yaml',
      }),
    delete: (name) => client.request({ method: 'DELETE', path: one(name) }),
    deleteCollection: () => client.request({ method: 'DELETE', path: all }),
  };
}
