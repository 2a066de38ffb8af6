import { z } from 'zod';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { deploymentKind } from './api-kinds.ts';
import { flatKeys } from './flat-keys.ts';
import { jsonObject, jsonOf, namespaceName, objectName, objectUid } from './parameter-schemas.ts';
import { previousValues, previousValuesSchema, restoringPatch } from './previous-values.ts';
import { rememberedAs, resultAs } from './remembered.ts';

/** What is kept of a patch of this Deployment: enough to undo it. */
const patchedSchema = ({
  namespace,
  deployment,
  patch,
}: {
  namespace: string;
  deployment: string;
  patch: Patch;
}) =>
  z.object({
    namespace: z.literal(namespace),
    deployment: z.literal(deployment),
    uid: objectUid,
    previous: previousValuesSchema(patch),
  });

/** Source: "Notes on the strategic merge patch", kubernetes community docs. What they undo is not seen in the patch. */
const noDirectives = 'directives such as $patch are not taken: use "type": "merge"';

const patchSchema = jsonObject
  .refine((patch) => flatKeys(patch).every((key) => !key.startsWith('$')), noDirectives)
  .refine((patch) => !('status' in patch) && !('kind' in patch) && !('apiVersion' in patch), {
    error: 'expected metadata and spec alone',
  });

type Patch = z.infer<typeof patchSchema>;

/** Patches a Deployment with a strategic merge patch, or with a JSON merge patch. Does not wait for the pods. */
export const patchDeployment = defineAction({
  name: 'patch_deployment',
  parameters: z.strictObject({
    deployment: objectName,
    namespace: namespaceName,
    patch: jsonOf(patchSchema),
    type: z.enum(['strategic', 'merge']).default('strategic'),
  }),
  async run({ parameters, kube, signal, execution, remember, remembered }) {
    const { deployment, namespace = execution.namespace, patch, type } = parameters;
    const path = resourcePath(deploymentKind, { namespace, name: deployment });
    let patched = rememberedAs(patchedSchema({ namespace, deployment, patch }), remembered);
    if (patched === undefined) {
      const before = await kube.request<KubeObject>({ method: 'GET', path, signal });
      const previous = previousValues(patch, before);
      patched = { namespace, deployment, uid: before.metadata.uid, previous };
      await remember(patched);
    }
    const contentType =
      type === 'merge' ? 'application/merge-patch+json' : 'application/strategic-merge-patch+json';
    await kube.request({ method: 'PATCH', path, contentType, body: patch, signal });
    return patched;
  },
  async rollback({ parameters, kube, signal, execution, result }) {
    const { deployment, namespace = execution.namespace, patch } = parameters;
    const { uid, previous } = resultAs(patchedSchema({ namespace, deployment, patch }), result);
    const path = resourcePath(deploymentKind, { namespace, name: deployment });
    const now = await kube.request<KubeObject>({ method: 'GET', path, signal });
    const restored = restoringPatch(previous, patch, now);
    await kube.request({
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      // With the uid it is refused where the Deployment was made anew since.
      body: { ...restored, metadata: { ...(restored['metadata'] as object | undefined), uid } },
      signal,
    });
    return { namespace, deployment };
  },
});
