/** The Secret of the admission path: the segment that is used, and the one before while a rotation goes on. */
import { randomBytes } from 'node:crypto';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { type AdmissionPath, behindSegment, isSegment } from '../server/admission-path.ts';
import { readSecret, type SecretPlace, type StoredSecret, writeSecret } from './stored-secret.ts';

/** An admission path as it was read. */
export interface StoredAdmissionPath {
  /** Undefined where the Secret has none that can be used. */
  readonly path: AdmissionPath | undefined;
  readonly secret: StoredSecret;
}

/** A segment that nobody can guess. The API server takes lower-case letters and digits alone in the path of a Service. */
export function randomSegment(): string {
  return randomBytes(32).toString('hex');
}

/** Reads the Secret. @throws KubeStatusError | KubeConnectionError */
export async function readAdmissionPath(
  client: KubeClient,
  place: SecretPlace,
): Promise<StoredAdmissionPath> {
  const secret = await readSecret(client, place);
  const { current = '', previous = '' } = secret.texts;
  if (!isSegment(current)) return { path: undefined, secret };
  return { path: { current, ...(isSegment(previous) && { previous }) }, secret };
}

/** Writes a path in the place of the one that was read. @throws KubeStatusError | KubeConnectionError */
export async function writeAdmissionPath(
  client: KubeClient,
  { secret }: StoredAdmissionPath,
  { current, previous }: AdmissionPath,
): Promise<void> {
  await writeSecret(client, secret, { current, ...(previous !== undefined && { previous }) }, 'Opaque');
}

/** The segment at the head of a path that the API server calls; undefined where it has none. */
export function segmentOf(path: string): string | undefined {
  const [, first = ''] = path.split('/');
  return isSegment(first) && behindSegment(path, { current: first }) !== undefined ? first : undefined;
}
