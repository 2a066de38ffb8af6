import { slotJournalKind, slotJournalName } from '../../src/api/names.ts';
import { slotJournalSpecSchema, type SlotJournalSpec } from '../../src/api/slot-journal.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject, ObjectMeta } from '../../src/kube/kube-object.ts';
import { isKubeStatus, type KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import {
  JournalConflictError,
  NamespaceOverError,
  SlotsUnavailableError,
} from '../journal/journal-errors.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { Journal, JournalContent } from '../journal/journal.ts';

/** A SlotJournal as the API server has it; its spec is checked before it is believed. */
export interface SlotJournalObject extends KubeObject {
  readonly spec?: unknown;
}

/** A write that takes longer is as good as lost: the request that waits for it has a deadline of its own. */
const timeoutMilliseconds = 5_000;

const typeMeta = {
  apiVersion: `${slotJournalKind.group}/${slotJournalKind.version}`,
  kind: slotJournalKind.kind,
};

/** Keeps journals as SlotJournals, one a namespace. */
export function createJournalObjects(client: KubeClient): JournalStore {
  return {
    async read(namespace) {
      try {
        return parseJournal(
          await client.request<SlotJournalObject>({
            method: 'GET',
            path: pathOf(namespace, true),
            timeoutMilliseconds,
          }),
        );
      } catch (error) {
        if (isKubeStatus(error, 404) && !isWithoutDefinition(error)) return undefined;
        throw error;
      }
    },
    async create(namespace, content) {
      const body = { ...typeMeta, metadata: { namespace, name: slotJournalName }, spec: specOf(content) };
      try {
        const stored = await client.request<SlotJournalObject>({
          method: 'POST',
          path: pathOf(namespace, false),
          body,
          timeoutMilliseconds,
        });
        return stamped(stored.metadata, content);
      } catch (error) {
        if (isKubeStatus(error, 409)) throw new JournalConflictError('the journal exists', { cause: error });
        if (isWithoutNamespace(error) || isTerminating(error)) {
          throw new NamespaceOverError(`namespace ${namespace} is being deleted`, { cause: error });
        }
        throw error;
      }
    },
    async replace(namespace, base, content) {
      const { uid, resourceVersion } = base;
      const metadata = { namespace, name: slotJournalName, uid, resourceVersion, ...withoutManagedFields };
      const body = { ...typeMeta, metadata, spec: specOf(content) };
      try {
        const stored = await client.request<SlotJournalObject>({
          method: 'PUT',
          path: pathOf(namespace, true),
          body,
          timeoutMilliseconds,
        });
        return stamped(stored.metadata, content);
      } catch (error) {
        // 404: it was deleted meanwhile. Either way, what it was decided by is not what is.
        if (isKubeStatus(error, 409) || (isKubeStatus(error, 404) && !isWithoutDefinition(error))) {
          throw new JournalConflictError('the journal has changed', { cause: error });
        }
        throw error;
      }
    },
  };
}

/**
 * An empty entry resets the field owners, and an object without any is not tracked again by updates: nobody
 * applies a journal, and tracking would cost a part of each write.
 * Source: apimachinery `managedfields/internal/skipnonapplied.go`.
 */
const withoutManagedFields = { managedFields: [{}] };

function pathOf(namespace: string, named: boolean): string {
  return resourcePath(slotJournalKind, named ? { namespace, name: slotJournalName } : { namespace });
}

function specOf({ compactedThrough, reservations, recovering, workflows }: JournalContent): SlotJournalSpec {
  return {
    format: 1,
    compactedThrough,
    reservations: reservations.map(({ uids, steps, ages, ...reservation }) => ({
      ...reservation,
      uids: [...uids],
      ...(steps && { steps: [...steps] }),
      ...(ages && { ages: [...ages] }),
    })),
    ...(recovering ? { recovering } : {}),
    ...(workflows && { workflows: { ...workflows, changing: [...workflows.changing] } }),
  };
}

/** What was sent is what is stored; only the API server knows uid and resourceVersion. */
function stamped(
  { uid, resourceVersion }: ObjectMeta,
  { compactedThrough, reservations, recovering, workflows }: JournalContent,
): Journal {
  return { uid, resourceVersion, compactedThrough, reservations, recovering, workflows };
}

/**
 * The journal in an object.
 * @throws SlotsUnavailableError (JournalFormatUnknown) where a newer stepgate has written it: never guess
 */
export function parseJournal({ metadata, spec }: SlotJournalObject): Journal {
  const parsed = slotJournalSpecSchema.safeParse(spec);
  if (!parsed.success) {
    const at = `SlotJournal ${metadata.namespace ?? ''}/${metadata.name}`;
    throw new SlotsUnavailableError(
      'JournalFormatUnknown',
      `${at} is in a format that this replica does not know`,
      {
        cause: parsed.error,
      },
    );
  }
  const { recovering = false, ...content } = parsed.data;
  return stamped(metadata, { ...content, recovering });
}

/** The namespace itself is what is not found, and its journal went with it. */
function isWithoutNamespace(error: unknown): boolean {
  return isKubeStatus(error, 404) && error.status.details?.kind === 'namespaces';
}

/**
 * The API server does not serve SlotJournals: their definition is missing, and a journal that is lost with it is
 * a loss. It then answers 404 for the path, and names nothing that was not found.
 */
function isWithoutDefinition(error: KubeStatusError): boolean {
  return error.status.details?.kind === undefined;
}

/** Source: apiserver `NewForbidden` with cause `NamespaceTerminatingCause` in the namespace lifecycle plugin. */
function isTerminating(error: unknown): boolean {
  if (!isKubeStatus(error, 403)) return false;
  const { status }: KubeStatusError = error;
  return status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
}
