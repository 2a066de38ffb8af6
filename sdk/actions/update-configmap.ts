import { z } from 'zod';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { configMapKind } from './api-kinds.ts';
import { dataKey, jsonOf, namespaceName, objectName, objectUid } from './parameter-schemas.ts';
import { previousValues, previousValuesSchema, restoringPatch } from './previous-values.ts';
import { rememberedAs, resultAs } from './remembered.ts';

type Data = Readonly<Record<string, string | null>>;

/** What is kept of an update of this ConfigMap: enough to undo it. */
const updatedSchema = ({
  namespace,
  configmap,
  data,
}: {
  namespace: string;
  configmap: string;
  data: Data;
}) =>
  z.object({
    namespace: z.literal(namespace),
    configmap: z.literal(configmap),
    uid: objectUid,
    previous: previousValuesSchema({ data }).refine(
      (values) => values.every(({ path, value }) => path.length === 2 && isText(value)),
      'expected texts by key',
    ),
  });

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

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
    let updated = rememberedAs(updatedSchema({ namespace, configmap, data }), remembered);
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
  async rollback({ parameters, kube, signal, execution, result }) {
    const { configmap, namespace = execution.namespace, data } = parameters;
    const { uid, previous } = resultAs(updatedSchema({ namespace, configmap, data }), result);
    await kube.request({
      method: 'PATCH',
      path: resourcePath(configMapKind, { namespace, name: configmap }),
      contentType: 'application/merge-patch+json',
      // With the uid it is refused where the ConfigMap was made anew since.
      body: { ...restoringPatch(previous, { data }, {}), metadata: { uid } },
      signal,
    });
    return { namespace, configmap, keys: previous.map(({ path }) => path.at(-1)) };
  },
});
