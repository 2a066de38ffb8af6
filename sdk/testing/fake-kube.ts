import { checkRequestPath } from '../../src/kube/check-request-path.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/kube-client.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { pluralOfKind } from './addressed-resource.ts';
import { answerRequest, streamOf } from './fake-api-server.ts';
import { FakeObjects, resourceOfObject, type StoredObject } from './fake-objects.ts';
import type { JsonObject } from './json.ts';

/** What goes wrong with a request, told apart by `kind`. */
export type FakeFault =
  /** It is refused, and nothing is done. */
  | { readonly kind: 'refuse'; readonly code: number; readonly reason: string; readonly message?: string }
  /** It never arrives. */
  | { readonly kind: 'unreachable' }
  /** It is done, and the answer is lost. */
  | { readonly kind: 'loseAnswer' };

/** An API server in memory. */
export interface FakeKube extends KubeClient {
  /** Every request so far, in order; reads and watches too. */
  readonly requests: readonly KubeRequest[];
  /** Requests that change something. */
  readonly writes: readonly KubeRequest[];
  /** A copy of an object as it is now; undefined: there is none. Leave `namespace` out for a kind without. */
  object(kind: string, name: string, namespace?: string): JsonObject | undefined;
  /** All objects of a kind, in all namespaces, as copies. */
  objects(kind: string): readonly JsonObject[];
  /** Puts an object there as somebody else would, status included; whatever has its name is replaced. */
  put(object: object): void;
  /** Asked before each request; `undefined` lets it through. Replaces the one before; undefined: nothing fails. */
  intercept(fault: ((request: KubeRequest) => FakeFault | undefined) | undefined): void;
}

/** What is there at first. */
export interface FakeKubeOptions {
  /** With `apiVersion`, `kind` and a name; a status is kept as it is. */
  readonly objects?: readonly object[];
}

/**
 * A client of no cluster, for tests of actions: it keeps objects as an API server would. It knows discovery, get, list with
 * selectors, watch, create, update, the four kinds of patch, delete, `status`, `scale` and `eviction`; it refuses with the
 * codes and reasons of the real one, compares resourceVersions, respects finalizers and dry runs, and knows who set which
 * field. It checks neither schemas nor rights, runs no controller (a Deployment makes no pods), needs no namespaces, and
 * in lists that merge by item it knows no owners. What depends on those needs a real API server.
 *
 * @example
 * const kube = fakeKube({ objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } }] });
 */
export function fakeKube({ objects: initial = [] }: FakeKubeOptions = {}): FakeKube {
  const objects = new FakeObjects();
  const requests: KubeRequest[] = [];
  let faultOf: ((request: KubeRequest) => FakeFault | undefined) | undefined;
  const closed = new AbortController();

  function put(object: object): void {
    const draft = structuredClone(object) as StoredObject;
    const resource = resourceOfObject(draft);
    const place = { resource, manager: 'somebody-else' };
    const { metadata, status } = draft;
    const known = objects.get(`${resource.plural}.${resource.group}`, metadata.namespace, metadata.name);
    const stored = known ?? objects.create(draft, place);
    if (known !== undefined || status !== undefined) objects.update(stored, draft, place);
  }

  for (const object of initial) put(object);

  function begin(request: KubeRequest): FakeFault | undefined {
    checkRequestPath(request.path);
    if (closed.signal.aborted) throw new KubeConnectionError('closed', 'The client is closed');
    abortedIn(request);
    requests.push(request);
    const fault = faultOf?.(request);
    if (fault?.kind === 'unreachable')
      throw new KubeConnectionError('unreachable', 'The fake is unreachable');
    if (fault?.kind === 'refuse') {
      const { code, reason, message = `refused with ${code} by the test` } = fault;
      throw new KubeStatusError({ code, reason, message });
    }
    return fault;
  }

  return {
    requests,
    get writes() {
      return requests.filter(({ method, query }) => method !== 'GET' && query?.['dryRun'] === undefined);
    },
    object(kind, name, namespace) {
      const all = this.objects(kind) as readonly StoredObject[];
      return all.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    },
    objects: (kind) => objects.ofPlural(pluralOfKind(kind)).map((object) => structuredClone(object)),
    put,
    intercept(next) {
      faultOf = next;
    },
    async request<Answer>(request: KubeRequest): Promise<Answer> {
      const fault = begin(request);
      const answer = answerRequest(objects, request);
      // As over a network: the caller goes on before the answer is there, and may give up meanwhile.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      abortedIn(request);
      if (fault?.kind === 'loseAnswer')
        throw new KubeConnectionError('broken', 'The answer was lost by the test');
      return structuredClone(answer) as Answer;
    },
    async stream(request) {
      begin(request);
      const signals = [closed.signal, ...(request.signal === undefined ? [] : [request.signal])];
      return streamOf(objects, request, AbortSignal.any(signals));
    },
    close: () => closed.abort(),
  };
}

function abortedIn({ signal }: KubeRequest): void {
  if (signal?.aborted !== true) return;
  throw new KubeConnectionError('aborted', 'The request was aborted', { cause: signal.reason });
}
