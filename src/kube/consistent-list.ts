import type { KubeClient } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';
import { isKubeStatus } from './kube-status-error.ts';
import { acceptHeader, type Selection, selectionRequest } from './selection.ts';

export interface ListOptions extends Selection {
  /** Items per page, default 500. */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For each page, default 30,000. */
  readonly timeoutMilliseconds?: number | undefined;
}

/** All selected objects as they were at one revision. Items carry no apiVersion and kind. */
export interface ConsistentList<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** How often a list is begun again whose continuation expired under it. */
const maxAttempts = 5;

/**
 * Lists from the latest state, never from a cache that may be behind: no resourceVersion is given. Later pages
 * show the revision of the first one; when that expires meanwhile (410), the list is begun again.
 *
 * @throws KubeStatusError, KubeConnectionError as the client does
 */
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  options: ListOptions,
): Promise<ConsistentList<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const pages = { continued: false };
    try {
      return await listPages<T>(client, options, pages);
    } catch (error) {
      if (!pages.continued || !isKubeStatus(error, 410) || attempt === maxAttempts) throw error;
    }
  }
}

interface Page<T> {
  readonly items?: readonly T[] | null;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

async function listPages<T extends KubeObject>(
  client: KubeClient,
  options: ListOptions,
  pages: { continued: boolean },
): Promise<ConsistentList<T>> {
  const { path, query } = selectionRequest(options);
  const items: T[] = [];
  let resourceVersion: string | undefined;
  let token = '';
  do {
    const page = await client.request<Page<T>>({
      method: 'GET',
      path,
      query: {
        ...query,
        limit: String(options.pageSize ?? 500),
        ...(token === '' ? {} : { continue: token }),
      },
      accept: acceptHeader(options, 'list'),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.timeoutMilliseconds === undefined
        ? {}
        : { timeoutMilliseconds: options.timeoutMilliseconds }),
    });
    for (const item of page.items ?? []) items.push(item);
    resourceVersion ??= page.metadata.resourceVersion;
    token = page.metadata.continue ?? '';
    pages.continued = token !== '';
  } while (token !== '');
  return { items, resourceVersion };
}
