/**
 * The Secret that replicas share their certificates through. Writes are compare-and-swap: of two replicas that
 * start at once one writes, and the other reads what it wrote.
 */
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { CertifiedKey } from './certificate-authority.ts';
import type { CertificateSet } from './certificate-set.ts';

export const secretKind = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' } as const;

/** Name of the Secret, unless configured otherwise. */
export const certificateSecretName = 'stepgate-webhook-certificates';

// The keys of kubernetes.io/tls, and for the CAs names in their manner.
const keys = {
  authorityCert: 'ca.crt',
  authorityKey: 'ca.key',
  servingCert: 'tls.crt',
  servingKey: 'tls.key',
  nextCert: 'next-ca.crt',
  nextKey: 'next-ca.key',
  previousCert: 'previous-ca.crt',
} as const;
const introducedAtAnnotation = 'stepgate.kubernaut.io/next-ca-introduced-at';
const replacedAtAnnotation = 'stepgate.kubernaut.io/previous-ca-replaced-at';

/** A Secret, as far as it is read here. */
export interface Secret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** A set as it was read; a write replaces exactly this one. */
export interface StoredCertificates {
  readonly set: CertificateSet;
  /** Absent when there is no Secret yet. */
  readonly secret?: Secret;
}

/** Where the Secret is. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** Reads the Secret, from a quorum. @throws KubeStatusError | KubeConnectionError; a missing one is an empty set */
export async function readCertificates(client: KubeClient, at: SecretPlace): Promise<StoredCertificates> {
  try {
    const secret = await client.request<Secret>({ method: 'GET', path: resourcePath(secretKind, at) });
    return { set: decode(secret), secret };
  } catch (error) {
    if (isKubeStatus(error, 404, 'NotFound')) return { set: {} };
    throw error;
  }
}

/**
 * Writes a set in the place of the one that was read.
 * @returns false when somebody else has written meanwhile: read again, and decide anew
 * @throws KubeStatusError | KubeConnectionError
 */
export async function writeCertificates(
  client: KubeClient,
  at: SecretPlace,
  read: StoredCertificates,
  set: CertificateSet,
): Promise<boolean> {
  const stored = read.secret;
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: at.name,
      namespace: at.namespace,
      labels: { ...stored?.metadata.labels, 'app.kubernetes.io/managed-by': 'stepgate' },
      annotations: { ...withoutOurs(stored?.metadata.annotations), ...toAnnotations(set) },
      ...(stored?.metadata.ownerReferences !== undefined && {
        ownerReferences: stored.metadata.ownerReferences,
      }),
      ...(stored !== undefined && {
        resourceVersion: stored.metadata.resourceVersion,
        uid: stored.metadata.uid,
      }),
    },
    // The type of a Secret cannot change.
    type: stored?.type ?? 'kubernetes.io/tls',
    data: toData(set),
  };
  try {
    if (stored === undefined) {
      await client.request({
        method: 'POST',
        path: resourcePath(secretKind, { namespace: at.namespace }),
        body,
      });
    } else {
      await client.request({ method: 'PUT', path: resourcePath(secretKind, at), body });
    }
    return true;
  } catch (error) {
    // 409 is AlreadyExists of a create or Conflict of an update; 404: it was deleted meanwhile.
    const lost = isKubeStatus(error, 409) || (stored !== undefined && isKubeStatus(error, 404, 'NotFound'));
    if (lost) return false;
    throw error;
  }
}

function decode({ data, metadata }: Secret): CertificateSet {
  const authority = pair(data, keys.authorityCert, keys.authorityKey);
  const serving = pair(data, keys.servingCert, keys.servingKey);
  const next = pair(data, keys.nextCert, keys.nextKey);
  const previousCert = textOf(data, keys.previousCert);
  const instant = (annotation: string): number => {
    // What has lost its date counts from 1970: the overlap is over.
    const parsed = Date.parse(metadata.annotations?.[annotation] ?? '');
    return Number.isNaN(parsed) ? 0 : parsed;
  };
  return {
    ...(authority !== undefined && { authority }),
    ...(serving !== undefined && { serving }),
    ...(next !== undefined && { next: { ...next, introducedAt: instant(introducedAtAnnotation) } }),
    ...(previousCert !== '' && {
      previous: { cert: previousCert, replacedAt: instant(replacedAtAnnotation) },
    }),
  };
}

function pair(data: Secret['data'], certKey: string, keyKey: string): CertifiedKey | undefined {
  const cert = textOf(data, certKey);
  return cert === '' ? undefined : { cert, key: textOf(data, keyKey) };
}

function textOf(data: Secret['data'], key: string): string {
  return Buffer.from(data?.[key] ?? '', 'base64').toString('utf8');
}

function toData({ authority, serving, next, previous }: CertificateSet): Record<string, string> {
  const texts = {
    [keys.authorityCert]: authority?.cert,
    [keys.authorityKey]: authority?.key,
    [keys.servingCert]: serving?.cert,
    [keys.servingKey]: serving?.key,
    [keys.nextCert]: next?.cert,
    [keys.nextKey]: next?.key,
    [keys.previousCert]: previous?.cert,
  };
  const data: Record<string, string> = {};
  for (const [key, text] of Object.entries(texts)) {
    if (text !== undefined) data[key] = Buffer.from(text).toString('base64');
  }
  return data;
}

function toAnnotations({ next, previous }: CertificateSet): Record<string, string> {
  return {
    ...(next !== undefined && { [introducedAtAnnotation]: new Date(next.introducedAt).toISOString() }),
    ...(previous !== undefined && { [replacedAtAnnotation]: new Date(previous.replacedAt).toISOString() }),
  };
}

function withoutOurs(annotations: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const {
    [introducedAtAnnotation]: _introduced,
    [replacedAtAnnotation]: _replaced,
    ...others
  } = annotations ?? {};
  return others;
}
