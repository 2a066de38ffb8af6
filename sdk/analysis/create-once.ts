import type { ResourceKind } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus, KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { createRefusal } from '../workflow/create-outcome.ts';
import { type DatedAnswer, datedRequest } from './dated-request.ts';
import { type Kinship, kinshipOf } from './kinship.ts';

/** What came of a create that must be done once. */
export type CreateOutcome<Made extends KubeObject> =
  | ({ readonly kind: 'created' } & DatedAnswer<Made>)
  /** It is there: by a create whose answer was lost, or somebody else's object has its name. */
  | { readonly kind: 'exists'; readonly object: Made; readonly kinship: Kinship }
  /** The same create would be refused again. */
  | { readonly kind: 'refused'; readonly message: string };

/** An object to create for an owner. */
export interface PlannedObject {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
  readonly body: object;
  /** uid and name of the analysis that is to own it. */
  readonly owner: { readonly name: string; readonly uid: string };
}

/**
 * Creates an object under a name that follows from its owner, so that a second create finds the first one.
 * @throws what a later try may not meet: an API server that is away, a quota, rights that this controller lacks
 */
export async function createOnce<Made extends KubeObject>(
  client: KubeClient,
  { kind, namespace, name, body, owner }: PlannedObject,
  signal: AbortSignal,
): Promise<CreateOutcome<Made>> {
  try {
    const path = resourcePath(kind, { namespace });
    return { kind: 'created', ...(await datedRequest<Made>(client, { method: 'POST', path, body, signal })) };
  } catch (error) {
    // The kind itself is not there.
    if (isKubeStatus(error, 404)) throw error;
    const refusal = createRefusal(error);
    if (refusal.kind === 'permanent') return { kind: 'refused', message: refusal.message };
    if (refusal.kind !== 'exists') throw error;
  }
  const object = await lookUp<Made>(client, { kind, namespace, name }, signal);
  if (object === undefined) {
    const message = `${kind.kind} ${name} existed a moment ago`;
    throw new KubeStatusError({ code: 409, reason: 'Conflict', message });
  }
  return { kind: 'exists', object, kinship: kinshipOf(object, owner) };
}

/** The object as it is now, by a quorum read; undefined where there is none. */
export async function lookUp<Found extends KubeObject>(
  client: KubeClient,
  { kind, namespace, name }: Pick<PlannedObject, 'kind' | 'namespace' | 'name'>,
  signal: AbortSignal,
): Promise<Found | undefined> {
  try {
    return await client.request<Found>({
      method: 'GET',
      path: resourcePath(kind, { namespace, name }),
      signal,
    });
  } catch (error) {
    if (isKubeStatus(error, 404)) return undefined;
    throw error;
  }
}
