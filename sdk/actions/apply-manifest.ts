import { z } from 'zod';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus, type KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { type ActionContext, defineAction } from '../../src/plugin/action.ts';
import { ActionError } from './action-error.ts';
import { flag, jsonObject, jsonOf, namespaceName } from './parameter-schemas.ts';
import { previousValues, previousValuesSchema, restoringPatch } from './previous-values.ts';
import { rememberedAs, resultAs } from './remembered.ts';
import { servedKind, type ServedKind } from './served-kind.ts';
import { withoutValues } from './without-values.ts';

/** Who owns the fields that the action sets. */
export const fieldManager = 'stepgate';

const manifestSchema = z.looseObject({
  apiVersion: z.string().min(1).max(253),
  kind: z.string().min(1).max(253),
  metadata: z.looseObject({
    name: z.string().min(1).max(253),
    namespace: namespaceName,
    labels: jsonObject.optional(),
    annotations: jsonObject.optional(),
  }),
});

type Manifest = z.infer<typeof manifestSchema>;

const appliedSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  /** Absent for kinds that live in none. */
  namespace: z.string().optional(),
  name: z.string(),
  /** Nothing had that name before. */
  created: z.boolean(),
  /** Absent until it has been created. */
  uid: z.string().optional(),
  /** Absent where it was created, and for Secrets, whose values are kept nowhere. */
  previous: previousValuesSchema.optional(),
});

type Applied = z.infer<typeof appliedSchema>;

/** Creates or changes any object by server-side apply. Fields that belong to others are a conflict, unless forced. */
export const applyManifest = defineAction({
  name: 'apply_manifest',
  parameters: z.strictObject({
    manifest: jsonOf(manifestSchema),
    namespace: namespaceName,
    force: flag.default(false),
  }),
  async run(context) {
    const { parameters, kube, signal, execution, remember, remembered } = context;
    const { manifest, force } = parameters;
    const kind = await servedKind(context, manifest.apiVersion, manifest.kind);
    const { apiVersion, metadata } = manifest;
    const namespace = kind.namespaced
      ? (metadata.namespace ?? parameters.namespace ?? execution.namespace)
      : undefined;
    const path = resourcePath(kind, { namespace, name: metadata.name });
    let applied = rememberedAs(appliedSchema, remembered);
    if (applied === undefined || !(await isStillTrue(context, path, applied))) {
      const name = { ...(namespace === undefined ? {} : { namespace }), name: metadata.name };
      applied = { apiVersion, kind: kind.kind, ...name, ...(await stateBefore(context, path, kind)) };
      await remember(applied);
    }
    const apply = (forced: boolean): Promise<KubeObject> =>
      kube.request<KubeObject>({
        method: 'PATCH',
        path,
        query: { fieldManager, ...(forced ? { force: 'true' } : {}) },
        contentType: 'application/apply-patch+yaml',
        body: { ...manifest, metadata: { ...metadata, namespace } },
        signal,
      });
    try {
      const stored = await apply(force).catch((error: unknown) => {
        if (isKubeStatus(error, 409) && isWithOurselves(error)) return apply(true);
        throw error;
      });
      return { ...applied, uid: stored.metadata.uid };
    } catch (error) {
      if (isKubeStatus(error, 409)) throw conflict(error);
      throw isSecret(kind) ? withoutValues(error) : error;
    }
  },
  async rollback(context) {
    const applied = resultAs(appliedSchema, context.result);
    const { apiVersion, kind, namespace, name } = applied;
    const path = resourcePath(await servedKind(context, apiVersion, kind), { namespace, name });
    if (applied.created) await remove(context, path, applied);
    else await restore(context, path, applied);
    return {
      apiVersion,
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      deleted: applied.created,
    };
  },
});

type Calls = Pick<ActionContext<unknown>, 'kube' | 'signal'>;

async function stateBefore(
  { kube, signal, parameters }: ActionContext<{ readonly manifest: Manifest }>,
  path: string,
  kind: ServedKind,
): Promise<Pick<Applied, 'created' | 'uid' | 'previous'>> {
  try {
    const before = await kube.request<KubeObject>({ method: 'GET', path, signal });
    return {
      created: false,
      uid: before.metadata.uid,
      ...(isSecret(kind) ? {} : { previous: previousValues(changeable(parameters.manifest), before) }),
    };
  } catch (error) {
    if (!isKubeStatus(error, 404)) throw error;
    return { created: true };
  }
}

/** Somebody else may have made the object after an attempt had found none, and before it made one. */
async function isStillTrue(calls: Calls, path: string, { created, uid }: Applied): Promise<boolean> {
  if (!created || uid !== undefined) return true;
  try {
    return (await appliedByUs(calls, path)) !== undefined;
  } catch (error) {
    if (isKubeStatus(error, 404)) return true;
    throw error;
  }
}

const identifying: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

function isSecret({ group, kind }: ServedKind): boolean {
  return group === '' && kind === 'Secret';
}

/** What of a manifest can change an object; the rest says which object is meant. */
function changeable(manifest: Manifest) {
  const { labels, annotations } = manifest.metadata;
  const fields = Object.entries(manifest).filter(([field]) => !identifying.has(field));
  return {
    ...Object.fromEntries(fields),
    metadata: {
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}

/** The object of that uid; where the run ended before it knew it, the one that we have applied. */
async function remove({ kube, signal }: Calls, path: string, applied: Applied): Promise<void> {
  try {
    const uid = applied.uid ?? (await appliedByUs({ kube, signal }, path));
    if (uid === undefined) return;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    await kube.request({ method: 'DELETE', path, body, signal });
  } catch (error) {
    // It is gone, or its name is another's.
    if (!isKubeStatus(error, 404) && !isKubeStatus(error, 409)) throw error;
  }
}

async function appliedByUs({ kube, signal }: Calls, path: string): Promise<string | undefined> {
  const { metadata } = await kube.request<KubeObject>({ method: 'GET', path, signal });
  const isOurs = metadata.managedFields?.some(
    ({ manager, operation }) => manager === fieldManager && operation === 'Apply',
  );
  return isOurs === true ? metadata.uid : undefined;
}

async function restore({ kube, signal }: Calls, path: string, { uid, previous }: Applied): Promise<void> {
  if (previous === undefined)
    throw new ActionError(
      'nothing-to-undo',
      'The values that a Secret had are not kept: they cannot be put back.',
    );
  const restored = restoringPatch(previous);
  await kube.request({
    method: 'PATCH',
    path,
    query: { fieldManager },
    contentType: 'application/merge-patch+json',
    // With the uid it is refused where the object was made anew since.
    body: { ...restored, metadata: { ...(restored['metadata'] as object | undefined), uid } },
    signal,
  });
}

/**
 * What our other actions and rollbacks have patched is owned under another operation, and so by somebody else. Source:
 * structured-merge-diff `Updater.Update`, where the operation is part of a manager.
 */
function isWithOurselves({ status }: KubeStatusError): boolean {
  const causes = status.details?.causes ?? [];
  const own = `conflict with "${fieldManager}"`;
  return causes.length > 0 && causes.every(({ message = '' }) => message.startsWith(own));
}

function conflict(error: KubeStatusError): ActionError {
  const causes = (error.status.details?.causes ?? []).map(
    ({ field = '', message = '' }) => `${field}: ${message}`,
  );
  const what = causes.length === 0 ? error.status.message : causes.slice(0, 20).join('; ');
  return new ActionError('conflict', `Fields belong to others (force: true takes them over): ${what}`);
}
