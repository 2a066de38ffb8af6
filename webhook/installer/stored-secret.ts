/** A Secret of the installer's. Each write replaces exactly what was read, so that of two installers one begins again. */
import { manifestLabels } from '../../src/api/manifests/installation.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';

const secretKind = { group: '', version: 'v1', plural: 'secrets' } as const;

interface Secret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** Where a Secret is. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** A Secret as it was read. */
export interface StoredSecret {
  readonly place: SecretPlace;
  /** Decoded; empty where there is no Secret. */
  readonly texts: Readonly<Record<string, string>>;
  readonly object?: Secret;
}

/** Reads a Secret. @throws KubeStatusError | KubeConnectionError; one that does not exist has no texts */
export async function readSecret(client: KubeClient, place: SecretPlace): Promise<StoredSecret> {
  try {
    const object = await client.request<Secret>({ method: 'GET', path: resourcePath(secretKind, place) });
    const texts = Object.entries(object.data ?? {}).map(([key, text]) => [
      key,
      Buffer.from(text, 'base64').toString('utf8'),
    ]);
    return { place, object, texts: Object.fromEntries(texts) as Record<string, string> };
  } catch (error) {
    if (isKubeStatus(error, 404, 'NotFound')) return { place, texts: {} };
    throw error;
  }
}

/**
 * Writes these texts, and no others, in the place of what was read.
 * @throws KubeStatusError | KubeConnectionError; 409 where somebody else has written meanwhile
 */
export async function writeSecret(
  client: KubeClient,
  { place, object }: StoredSecret,
  texts: Readonly<Record<string, string>>,
  type: string,
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  if (object !== undefined) {
    // The type of a Secret cannot change; resourceVersion and uid are those that were read.
    await client.request({ method: 'PUT', path: resourcePath(secretKind, place), body: { ...object, data } });
    return;
  }
  const labels = { ...manifestLabels, 'app.kubernetes.io/managed-by': 'stepgate' };
  await client.request({
    method: 'POST',
    path: resourcePath(secretKind, { namespace: place.namespace }),
    body: { apiVersion: 'v1', kind: 'Secret', metadata: { ...place, labels }, type, data },
  });
}
