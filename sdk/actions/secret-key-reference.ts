import { z } from 'zod';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { ActionContext } from '../../src/plugin/action.ts';
import { ActionError } from './action-error.ts';
import { secretKind } from './api-kinds.ts';
import { dataKey, objectName } from './parameter-schemas.ts';

/** A key of a Secret, as `valueFrom` of a container's environment names it. */
export const secretKeyReference = z.strictObject({
  secretKeyRef: z.strictObject({ name: objectName, key: dataKey }),
});

/** See `secretKeyReference`. */
export type SecretKeyReference = z.infer<typeof secretKeyReference>;

/** As much of a Secret as is read here. Its values are base64, as the API server writes bytes. */
const secretSchema = z.object({ data: z.record(z.string(), z.base64()).optional() });

/**
 * The values of these keys, as base64, read with the rights of the ServiceAccount that the action acts as. Each Secret is
 * read once, so that the values of two of its keys belong together.
 * @throws ActionError `missing-value` that names the key, KubeStatusError, KubeConnectionError
 */
export async function referredValues(
  { kube, signal }: Pick<ActionContext<unknown>, 'kube' | 'signal'>,
  namespace: string,
  references: Readonly<Record<string, SecretKeyReference>>,
): Promise<Readonly<Record<string, string>>> {
  const secrets = new Map<string, Readonly<Record<string, string>>>();
  const values: Record<string, string> = {};
  for (const [target, { secretKeyRef }] of Object.entries(references)) {
    const { name, key } = secretKeyRef;
    const path = resourcePath(secretKind, { namespace, name });
    const data = secrets.get(name) ?? dataOf(await kube.request({ method: 'GET', path, signal }));
    secrets.set(name, data);
    const value = Object.hasOwn(data, key) ? data[key] : undefined;
    if (value === undefined) {
      const where = `Secret "${name}" of namespace "${namespace}"`;
      throw new ActionError('missing-value', `${where} has no key "${key}"; nothing was changed.`);
    }
    values[target] = value;
  }
  return values;
}

function dataOf(secret: unknown): Readonly<Record<string, string>> {
  const parsed = secretSchema.safeParse(secret);
  if (!parsed.success) throw new ActionError('missing-value', 'The API server answered no Secret.');
  return parsed.data.data ?? {};
}
