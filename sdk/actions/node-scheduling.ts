import { z } from 'zod';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { ActionContext, RollbackContext } from '../../src/plugin/action.ts';
import { nodeKind } from './api-kinds.ts';
import { objectUid } from './parameter-schemas.ts';
import { rememberedAs, resultAs } from './remembered.ts';

/** What is kept of a change of this node: enough to undo it. */
const markedSchema = (node: string) =>
  z.object({ node: z.literal(node), uid: objectUid, wasUnschedulable: z.boolean() });

export type MarkedNode = z.infer<ReturnType<typeof markedSchema>>;

interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean };
}

/** Takes a node out of scheduling, or back into it, and remembers first which it was. */
export async function markNode(
  { kube, signal, remember, remembered }: ActionContext<unknown>,
  node: string,
  unschedulable: boolean,
): Promise<MarkedNode> {
  let marked = rememberedAs(markedSchema(node), remembered);
  if (marked === undefined) {
    const path = resourcePath(nodeKind, { name: node });
    const { metadata, spec } = await kube.request<Node>({ method: 'GET', path, signal });
    marked = { node, uid: metadata.uid, wasUnschedulable: spec?.unschedulable === true };
    await remember(marked);
  }
  await setUnschedulable({ kube, signal }, marked, unschedulable);
  return marked;
}

/** Puts a node back to what it was before {@link markNode}. */
export async function unmarkNode({
  parameters,
  kube,
  signal,
  result,
}: RollbackContext<{ readonly node: string }>): Promise<unknown> {
  const marked = resultAs(markedSchema(parameters.node), result);
  await setUnschedulable({ kube, signal }, marked, marked.wasUnschedulable);
  return { node: marked.node, unschedulable: marked.wasUnschedulable };
}

async function setUnschedulable(
  { kube, signal }: Pick<ActionContext<unknown>, 'kube' | 'signal'>,
  { node, uid }: MarkedNode,
  unschedulable: boolean,
): Promise<void> {
  await kube.request({
    method: 'PATCH',
    path: resourcePath(nodeKind, { name: node }),
    contentType: 'application/merge-patch+json',
    // With the uid it is refused where the node was made anew since.
    body: { metadata: { uid }, spec: { unschedulable: unschedulable ? true : null } },
    signal,
  });
}
