/** What a PEM certificate says, as far as rotation asks. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { CertifiedKey } from './certificate-authority.ts';

/** A certificate and key that cannot be used. Its message says why, and quotes nothing of the key. */
export class CertificateError extends Error {
  readonly code = 'Certificate';
  override readonly name = 'CertificateError';
}

/** When the first certificate of a PEM chain begins and ends to hold. @throws CertificateError */
export function validityOf(pem: string): { readonly notBefore: Date; readonly notAfter: Date } {
  const certificate = parse(pem);
  return { notBefore: new Date(certificate.validFrom), notAfter: new Date(certificate.validTo) };
}

/** Checks that the text begins with a certificate. @throws CertificateError */
export function requireCertificate(pem: string): void {
  parse(pem);
}

/** Checks that a server can use the pair. @throws CertificateError when it is half-written or does not fit */
export function requireUsablePair({ cert, key }: CertifiedKey): void {
  const certificate = parse(cert);
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key))) {
      throw new CertificateError('the private key is not that of the certificate');
    }
    createSecureContext({ cert, key });
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    throw new CertificateError('the private key or the chain cannot be read', { cause: error });
  }
}

/** True when the pair can be used. */
export function isUsablePair(pair: CertifiedKey): boolean {
  try {
    requireUsablePair(pair);
    return true;
  } catch {
    return false;
  }
}

/** True when `cert` is signed by the CA `authority`, both PEM. */
export function isSignedBy(cert: string, authority: string): boolean {
  try {
    const issuer = parse(authority);
    const certificate = parse(cert);
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** True when `cert` is good for every one of these DNS names and IP addresses. */
export function coversNames(cert: string, names: readonly string[]): boolean {
  try {
    const certificate = parse(cert);
    return names.every((name) =>
      isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined,
    );
  } catch {
    return false;
  }
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new CertificateError('the certificate cannot be read', { cause: error });
  }
}
