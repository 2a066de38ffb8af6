/**
 * The Secret of the webhook's certificate where no cert-manager makes it. Each certificate has an authority of its own, whose
 * key is forgotten once it has signed: nobody can make another certificate that the API server trusts.
 */
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { createAuthority, issueServingCertificate } from '../certificates/certificate-authority.ts';
import { coversNames, isSignedBy, isUsablePair, validityOf } from '../certificates/certificate-facts.ts';
import { readSecret, type SecretPlace, type StoredSecret, writeSecret } from './stored-secret.ts';

/** A certificate, its key and its authority, all PEM. */
export interface ServingPair {
  readonly cert: string;
  readonly key: string;
  readonly authority: string;
}

/** A certificate as it was read. */
export interface StoredServingPair {
  /** Undefined where the Secret has none with which the webhook could serve now. */
  readonly pair: ServingPair | undefined;
  readonly secret: StoredSecret;
}

const day = 86_400_000;
const lifetime = 10 * 365 * day;
/** Runs of the installer come with upgrades, and those may be years apart. */
const renewedBefore = lifetime / 2;
/** The clock of a node may be behind. */
const clockSkew = day / 24;

/** Reads the Secret. @throws KubeStatusError | KubeConnectionError */
export async function readServingPair(
  client: KubeClient,
  place: SecretPlace,
  names: readonly string[],
  now: number,
): Promise<StoredServingPair> {
  const secret = await readSecret(client, place);
  const { 'tls.crt': cert = '', 'tls.key': key = '', 'ca.crt': authority = '' } = secret.texts;
  const usable =
    isUsablePair({ cert, key }) &&
    isSignedBy(cert, authority) &&
    coversNames(cert, names) &&
    [cert, authority].every((pem) => holdsAt(pem, now));
  return { pair: usable ? { cert, key, authority } : undefined, secret };
}

/** Writes a certificate in the place of the one that was read. @throws KubeStatusError | KubeConnectionError */
export async function writeServingPair(
  client: KubeClient,
  { secret }: StoredServingPair,
  { cert, key, authority }: ServingPair,
): Promise<void> {
  const texts = { 'ca.crt': authority, 'tls.crt': cert, 'tls.key': key };
  await writeSecret(client, secret, texts, 'kubernetes.io/tls');
}

/** True for a certificate that should be replaced by the next run that can. */
export function isAging({ cert }: ServingPair, now: number): boolean {
  return validityOf(cert).notAfter.getTime() - now < renewedBefore;
}

/** A certificate for these DNS names by an authority of its own. */
export async function issueServingPair(names: readonly string[], now: number): Promise<ServingPair> {
  const validity = { notBefore: new Date(now - clockSkew), notAfter: new Date(now + lifetime) };
  const authority = await createAuthority(`stepgate-webhook-ca ${new Date(now).toISOString()}`, validity);
  return { ...(await issueServingCertificate(authority, names, validity)), authority: authority.cert };
}

function holdsAt(pem: string, now: number): boolean {
  const { notBefore, notAfter } = validityOf(pem);
  return notBefore.getTime() <= now && now < notAfter.getTime();
}
