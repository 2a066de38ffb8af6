/**
 * X.509 with node-forge, which node:crypto cannot build; keys and signatures with node:crypto, which does them
 * natively and, for keys, off the event loop. RSA, because forge knows no ECDSA certificates. Serial numbers and keys
 * are the machine's own randomness: nothing else may ever make them.
 */
import { generateKeyPair, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

/** A certificate and its private key, both PEM (PKCS#8). */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** From when to when a certificate holds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const generate = promisify(generateKeyPair);
const authorityKeyBits = 3072;
const servingKeyBits = 2048;

/** A self-signed CA that may sign serving certificates and no further CA. */
export async function createAuthority(commonName: string, validity: Validity): Promise<CertifiedKey> {
  const { publicKey, privateKey } = await generateRsa(authorityKeyBits);
  const certificate = newCertificate(publicKey, validity);
  const name = [{ name: 'commonName', value: commonName }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true, digitalSignature: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  return { cert: signedPem(certificate, privateKey), key: privateKey };
}

/**
 * A serving certificate by `authority` for DNS names and IP addresses, the first of which is its common name. It
 * never outlives its CA.
 */
export async function issueServingCertificate(
  authority: CertifiedKey,
  names: readonly string[],
  validity: Validity,
): Promise<CertifiedKey> {
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const { publicKey, privateKey } = await generateRsa(servingKeyBits);
  const notAfter = new Date(Math.min(validity.notAfter.getTime(), issuer.validity.notAfter.getTime()));
  const certificate = newCertificate(publicKey, { notBefore: validity.notBefore, notAfter });
  certificate.setSubject([{ name: 'commonName', value: shortName(names) }]);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names.map(toAltName) },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  return { cert: signedPem(certificate, authority.key), key: privateKey };
}

async function generateRsa(bits: number): Promise<{ publicKey: string; privateKey: string }> {
  return generate('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function newCertificate(publicKey: string, validity: Validity): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // A leading byte that is neither 0 nor negative keeps the DER integer as long as it is here (RFC 5280, 4.1.2.2).
  certificate.serialNumber = `4a${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = validity.notBefore;
  certificate.validity.notAfter = validity.notAfter;
  return certificate;
}

/** forge would sign in JavaScript, some 30 to 100 ms of a blocked event loop; node:crypto takes one or two. */
function signedPem(certificate: forge.pki.Certificate, privateKey: string): string {
  const signer = {
    sign: () => {
      const toBeSigned = forge.asn1.toDer(certificate.tbsCertificate).getBytes();
      return sign('sha256', Buffer.from(toBeSigned, 'binary'), privateKey).toString('binary');
    },
  };
  certificate.sign(signer as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

/** subjectAltName of RFC 5280: type 2 is a DNS name, type 7 an IP address. */
function toAltName(name: string): { type: number; value?: string; ip?: string } {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}

/** The longest common name of X.509 (ub-common-name, RFC 5280). Clients go by the alternative names alone. */
function shortName(names: readonly string[]): string {
  return (names[0] ?? 'stepgate-webhook').slice(0, 64);
}
