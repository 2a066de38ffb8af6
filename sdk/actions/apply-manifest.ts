import { z } from 'zod';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus, type KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { type ActionContext, defineAction, type RollbackContext } from '../../src/plugin/action.ts';
import { ActionError } from './action-error.ts';
import { flag, jsonObject, jsonOf, namespaceName, objectUid } from './parameter-schemas.ts';
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

/** The object that a manifest names. */
interface Target {
  readonly kind: ServedKind;
  /** Undefined for kinds that live in none. */
  readonly namespace: string | undefined;
  readonly path: string;
  readonly manifest: Manifest;
}

/** What is kept of this manifest having been applied: enough to undo it. */
const appliedSchema = ({ kind, namespace, manifest }: Target) =>
  z.object({
    apiVersion: z.literal(manifest.apiVersion),
    kind: z.literal(kind.kind),
    namespace: z
      .string()
      .optional()
      .refine((name) => name === namespace, 'expected the namespace of the manifest'),
    name: z.literal(manifest.metadata.name),
    /** Nothing had that name before. */
    created: z.boolean(),
    /** Absent until it has been created. */
    uid: objectUid.optional(),
    /** Absent where it was created, and for Secrets, whose values are kept nowhere. */
    previous: isSecret(kind) ? z.never().optional() : previousValuesSchema(changeable(manifest)).optional(),
  });

type Applied = z.infer<ReturnType<typeof appliedSchema>>;

/** Creates or changes any object by server-side apply. Fields that belong to others are a conflict, unless forced. */
export const applyManifest = defineAction({
  name: 'apply_manifest',
  parameters: z.strictObject({
    manifest: jsonOf(manifestSchema),
    namespace: namespaceName,
    force: flag.default(false),
  }),
  async run(context) {
    const { parameters, kube, signal, remember, remembered } = context;
    const { manifest, force } = parameters;
    const target = await targetOf(context);
    const { kind, namespace, path } = target;
    const { apiVersion, metadata } = manifest;
    let applied = rememberedAs(appliedSchema(target), remembered);
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
    const target = await targetOf(context);
    const applied = resultAs(appliedSchema(target), context.result);
    if (applied.created) await remove(context, target, applied);
    else await restore(context, target, applied);
    const { kind, namespace, manifest } = target;
    return {
      apiVersion: manifest.apiVersion,
      kind: kind.kind,
      ...(namespace === undefined ? {} : { namespace }),
      name: manifest.metadata.name,
      deleted: applied.created,
    };
  },
});

type Calls = Pick<ActionContext<unknown>, 'kube' | 'signal'>;

async function targetOf(
  context: ActionContext<{ readonly manifest: Manifest; readonly namespace?: string | undefined }>,
): Promise<Target> {
  const { manifest, namespace: given } = context.parameters;
  const { apiVersion, metadata } = manifest;
  const kind = await servedKind(context, apiVersion, manifest.kind);
  const namespace = kind.namespaced
    ? (metadata.namespace ?? given ?? context.execution.namespace)
    : undefined;
  return { kind, namespace, path: resourcePath(kind, { namespace, name: metadata.name }), manifest };
}

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
    return isAppliedByUs(await read(calls, path));
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

/** Clocks of API servers differ, and they date objects to the second. Milliseconds. */
const clockTolerance = 5_000;

/**
 * The object that the run has created. A status alone is not believed in that: the object must carry what we have applied,
 * and be no older than the execution that is undone, as the API server itself has dated both.
 */
async function remove(
  context: RollbackContext<unknown>,
  { path }: Target,
  applied: Pick<Applied, 'uid'>,
): Promise<void> {
  const { kube, signal, undone } = context;
  try {
    const object = await read(context, path);
    const { uid, creationTimestamp } = object.metadata;
    // Its name is another's.
    if (applied.uid !== undefined && applied.uid !== uid) return;
    const isOurs = isAppliedByUs(object);
    // Where the run ended before it knew a uid, it may have made none.
    if (applied.uid === undefined && !isOurs) return;
    if (!isOurs || !isSince(creationTimestamp, undone.createdAt))
      throw new ActionError(
        'misfit',
        `Nothing proves that ${undone.name} has created the object: it is not deleted.`,
      );
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    await kube.request({ method: 'DELETE', path, body, signal });
  } catch (error) {
    // It is gone, or its name is another's.
    if (!isKubeStatus(error, 404) && !isKubeStatus(error, 409)) throw error;
  }
}

function isSince(time: string | undefined, start: string | undefined): boolean {
  if (time === undefined || start === undefined) return false;
  return Date.parse(time) >= Date.parse(start) - clockTolerance;
}

function read({ kube, signal }: Calls, path: string): Promise<KubeObject> {
  return kube.request<KubeObject>({ method: 'GET', path, signal });
}

function isAppliedByUs({ metadata }: KubeObject): boolean {
  return (
    metadata.managedFields?.some(
      ({ manager, operation }) => manager === fieldManager && operation === 'Apply',
    ) === true
  );
}

async function restore(calls: Calls, { path, manifest, kind }: Target, applied: Applied): Promise<void> {
  const { uid, previous } = applied;
  if (isSecret(kind) || previous === undefined)
    throw new ActionError(
      'nothing-to-undo',
      'The values that a Secret had are not kept: they cannot be put back.',
    );
  const restored = restoringPatch(previous, changeable(manifest), await read(calls, path));
  await calls.kube.request({
    method: 'PATCH',
    path,
    query: { fieldManager },
    contentType: 'application/merge-patch+json',
    // With the uid it is refused where the object was made anew since.
    body: { ...restored, metadata: { ...(restored['metadata'] as object | undefined), uid } },
    signal: calls.signal,
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
