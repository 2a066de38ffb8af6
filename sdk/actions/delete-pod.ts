import { z } from 'zod';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { podKind } from './api-kinds.ts';
import { namespaceName, objectName, wholeNumber } from './parameter-schemas.ts';
import { rememberedAs } from './remembered.ts';

const deletedSchema = z.object({ namespace: z.string(), pod: z.string(), uid: z.string() });

/**
 * Deletes one pod: the one that has the name when the action begins, and no later one of that name. Does not wait
 * for its containers to end.
 */
export const deletePod = defineAction({
  name: 'delete_pod',
  parameters: z.strictObject({
    pod: objectName,
    namespace: namespaceName,
    gracePeriodSeconds: wholeNumber().optional(),
  }),
  async run({ parameters, kube, signal, execution, remember, remembered }) {
    const { pod, namespace = execution.namespace, gracePeriodSeconds } = parameters;
    const path = resourcePath(podKind, { namespace, name: pod });
    let deleted = rememberedAs(deletedSchema, remembered);
    if (deleted === undefined) {
      const { metadata } = await kube.request<KubeObject>({ method: 'GET', path, signal });
      deleted = { namespace, pod, uid: metadata.uid };
      await remember(deleted);
    }
    try {
      await kube.request({
        method: 'DELETE',
        path,
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          preconditions: { uid: deleted.uid },
          ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        },
        signal,
      });
    } catch (error) {
      // It is gone, or its name is another's: done by an earlier attempt, or by others.
      if (!isKubeStatus(error, 404) && !isKubeStatus(error, 409)) throw error;
    }
    return deleted;
  },
});
