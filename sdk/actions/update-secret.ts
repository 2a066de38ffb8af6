import { z } from 'zod';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { secretKind } from './api-kinds.ts';
import { dataKey, jsonOf, namespaceName, objectName } from './parameter-schemas.ts';
import { withoutValues } from './without-values.ts';

/**
 * Sets keys of a Secret that exists, from plain text; null removes one. No value, old or new, is put into a result, a
 * message or a log; hence there is no rollback. The values stand in the execution's own parameters: whoever may read
 * executions reads them.
 */
export const updateSecret = defineAction({
  name: 'update_secret',
  parameters: z.strictObject({
    secret: objectName,
    namespace: namespaceName,
    data: jsonOf(z.record(dataKey, z.string().nullable())),
  }),
  async run({ parameters, kube, signal, execution }) {
    const { secret, namespace = execution.namespace, data } = parameters;
    const encoded = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [
        key,
        value === null ? null : Buffer.from(value).toString('base64'),
      ]),
    );
    try {
      await kube.request({
        method: 'PATCH',
        path: resourcePath(secretKind, { namespace, name: secret }),
        contentType: 'application/merge-patch+json',
        body: { data: encoded },
        signal,
      });
    } catch (error) {
      throw withoutValues(error);
    }
    return { namespace, secret, keys: Object.keys(data).toSorted() };
  },
});
