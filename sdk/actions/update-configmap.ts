import { z } from 'zod';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { configMapKind } from './api-kinds.ts';
import { dataKey, jsonOf, namespaceName, objectName } from './parameter-schemas.ts';
import { previousValues, previousValuesSchema, restoringPatch } from './previous-values.ts';
import { rememberedAs, resultAs } from './remembered.ts';

const updatedSchema = z.object({
  namespace: z.string(),
  configmap: z.string(),
  uid: z.string(),
  previous: previousValuesSchema,
});

/** Sets keys of a ConfigMap that exists; null removes one. The other keys stay. */
export const updateConfigmap = defineAction({
  name: 'update_configmap',
  parameters: z.strictObject({
    configmap: objectName,
    namespace: namespaceName,
    data: jsonOf(z.record(dataKey, z.string().nullable())),
  }),
  async run({ parameters, kube, signal, execution, remember, remembered }) {
    const { configmap, namespace = execution.namespace, data } = parameters;
    const path = resourcePath(configMapKind, { namespace, name: configmap });
    let updated = rememberedAs(updatedSchema, remembered);
    if (updated === undefined) {
      const before = await kube.request<KubeObject>({ method: 'GET', path, signal });
      // Where it has no data at all, each key is remembered as absent, not the data.
      const previous = previousValues({ data }, { data: {}, ...before });
      updated = { namespace, configmap, uid: before.metadata.uid, previous };
      await remember(updated);
    }
    await kube.request({
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: { data },
      signal,
    });
    return updated;
  },
  async rollback({ kube, signal, result }) {
    const { namespace, configmap, uid, previous } = resultAs(updatedSchema, result);
    await kube.request({
      method: 'PATCH',
      path: resourcePath(configMapKind, { namespace, name: configmap }),
      contentType: 'application/merge-patch+json',
      // With the uid it is refused where the ConfigMap was made anew since.
      body: { ...restoringPatch(previous), metadata: { uid } },
      signal,
    });
    return { namespace, configmap, keys: previous.map(({ path }) => path.at(-1)) };
  },
});
