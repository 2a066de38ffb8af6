import type { ResourceKind } from '../../src/api/names.ts';
import { isAbsent } from '../../src/kube/is-absent.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject, ObjectMeta } from '../../src/kube/kube-object.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { createRefusal } from '../workflow/create-outcome.ts';
import { type DatedAnswer, datedRequest } from './dated-request.ts';
import { isOwnedBy } from './kinship.ts';

/** What came of a create that must be done once. */
export type CreateOutcome<Made extends KubeObject> =
  | ({ readonly kind: 'created' } & DatedAnswer<Made>)
  /** It is there, by a create whose answer was lost. */
  | { readonly kind: 'found'; readonly answer: Made }
  /** The same create would be refused again, or somebody else's object has the name. */
  | { readonly kind: 'refused'; readonly message: string };

/** Where an object is. */
export interface ObjectPlace {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
}

/** An object to create for the analysis that is to own it. */
export interface PlannedObject extends ObjectPlace {
  readonly body: object;
  readonly analysis: Pick<ObjectMeta, 'name' | 'uid'>;
}

/**
 * Creates an object under a name that follows from its owner, so that a second create finds the first one.
 * @throws what a later try may not meet: an API server that is away, a quota, rights that this controller lacks
 */
export async function createOnce<Made extends KubeObject>(
  client: KubeClient,
  { kind, namespace, name, body, analysis }: PlannedObject,
  signal: AbortSignal,
): Promise<CreateOutcome<Made>> {
  try {
    const path = resourcePath(kind, { namespace });
    return { kind: 'created', ...(await datedRequest<Made>(client, { method: 'POST', path, body, signal })) };
  } catch (error) {
    const refusal = createRefusal(error);
    if (refusal.kind === 'permanent') return { kind: 'refused', message: refusal.message };
    if (refusal.kind !== 'exists') throw error;
  }
  const found = await lookUp<Made>(client, { kind, namespace, name }, signal);
  if (found === undefined) {
    const message = `${kind.kind} ${name} existed a moment ago`;
    throw new KubeStatusError({ code: 409, reason: 'Conflict', message });
  }
  if (isOwnedBy(found.answer, analysis)) return { kind: 'found', answer: found.answer };
  return { kind: 'refused', message: `${kind.kind} ${name} exists and does not belong to this analysis` };
}

/** The object as it is now, by a quorum read; undefined where there is none. */
export async function lookUp<Found>(
  client: KubeClient,
  { kind, namespace, name }: ObjectPlace,
  signal: AbortSignal,
): Promise<DatedAnswer<Found> | undefined> {
  try {
    const path = resourcePath(kind, { namespace, name });
    return await datedRequest<Found>(client, { method: 'GET', path, signal });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
