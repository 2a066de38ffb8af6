import { z } from 'zod';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { deploymentKind } from './api-kinds.ts';
import { flatKeys } from './flat-keys.ts';
import { jsonObject, jsonOf, namespaceName, objectName } from './parameter-schemas.ts';
import { previousValues, previousValuesSchema, restoringPatch } from './previous-values.ts';
import { rememberedAs, resultAs } from './remembered.ts';

const patchedSchema = z.object({
  namespace: z.string(),
  deployment: z.string(),
  uid: z.string(),
  previous: previousValuesSchema,
});

/** Source: "Notes on the strategic merge patch", kubernetes community docs. What they undo is not seen in the patch. */
const noDirectives = 'directives such as $patch are not taken: use "type": "merge"';

const patchSchema = jsonObject
  .refine((patch) => flatKeys(patch).every((key) => !key.startsWith('$')), noDirectives)
  .refine((patch) => !('status' in patch) && !('kind' in patch) && !('apiVersion' in patch), {
    error: 'expected metadata and spec alone',
  });

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
    let patched = rememberedAs(patchedSchema, remembered);
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
  async rollback({ kube, signal, result }) {
    const { namespace, deployment, uid, previous } = resultAs(patchedSchema, result);
    const restored = restoringPatch(previous);
    await kube.request({
      method: 'PATCH',
      path: resourcePath(deploymentKind, { namespace, name: deployment }),
      contentType: 'application/merge-patch+json',
      // With the uid it is refused where the Deployment was made anew since.
      body: { ...restored, metadata: { ...(restored['metadata'] as object | undefined), uid } },
      signal,
    });
    return { namespace, deployment };
  },
});
