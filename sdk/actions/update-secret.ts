import { z } from 'zod';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { secretKind } from './api-kinds.ts';
import { dataKey, jsonOf, namespaceName, objectName } from './parameter-schemas.ts';
import { referredValues, secretKeyReference } from './secret-key-reference.ts';
import { withoutValues } from './without-values.ts';

const parameters = z
  .strictObject({
    secret: objectName,
    namespace: namespaceName,
    data: jsonOf(z.record(dataKey, z.string().nullable())).optional(),
    dataFrom: jsonOf(z.record(dataKey, secretKeyReference)).optional(),
  })
  .superRefine(({ data, dataFrom }, context) => {
    if (data === undefined && dataFrom === undefined) context.addIssue('expected data, dataFrom or both');
    for (const key of Object.keys(dataFrom ?? {}).filter((each) => Object.hasOwn(data ?? {}, each)))
      context.addIssue({ code: 'custom', path: ['dataFrom', key], message: 'data has the same key' });
  });

/**
 * Sets keys of a Secret that exists: from values of other Secrets of the execution's namespace (`dataFrom`), or from plain
 * text (`data`), which whoever may read executions reads; null removes one. No value, old or new, is put into a result, a
 * message or a log; hence there is no rollback.
 */
export const updateSecret = defineAction({
  name: 'update_secret',
  parameters,
  async run(context) {
    const { kube, signal, execution } = context;
    const { secret, namespace = execution.namespace, data = {}, dataFrom = {} } = context.parameters;
    const plain = Object.entries(data).map(([key, value]) => [
      key,
      value === null ? null : Buffer.from(value).toString('base64'),
    ]);
    const referred = await referredValues(context, execution.namespace, dataFrom);
    try {
      await kube.request({
        method: 'PATCH',
        path: resourcePath(secretKind, { namespace, name: secret }),
        contentType: 'application/merge-patch+json',
        body: { data: { ...Object.fromEntries(plain), ...referred } },
        signal,
      });
    } catch (error) {
      throw withoutValues(error);
    }
    return { namespace, secret, keys: [...Object.keys(data), ...Object.keys(dataFrom)].toSorted() };
  },
});
