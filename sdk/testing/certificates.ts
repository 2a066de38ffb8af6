import { randomBytes } from 'node:crypto';
import forge from 'node-forge';

export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A certificate authority for one test, and what it signs. */
export interface Authority {
  readonly certificatePem: string;
  /** A certificate of a server, good for a client too; `addresses` are IP addresses. */
  issue(commonName: string, names: readonly string[], addresses: readonly string[]): IssuedCertificate;
}

const dayMilliseconds = 24 * 60 * 60 * 1000;

export function createAuthority(commonName: string): Authority {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const subject = [{ name: 'commonName', value: commonName }];
  const authority = unsigned(keys.publicKey, subject, subject);
  authority.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  authority.sign(keys.privateKey, forge.md.sha256.create());
  return {
    certificatePem: forge.pki.certificateToPem(authority),
    issue(commonName, names, addresses) {
      const leafKeys = forge.pki.rsa.generateKeyPair(2048);
      const leaf = unsigned(leafKeys.publicKey, [{ name: 'commonName', value: commonName }], subject);
      leaf.setExtensions([
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        {
          name: 'subjectAltName',
          // 2 is a DNS name, 7 an IP address (RFC 5280, GeneralName)
          altNames: [
            ...names.map((value) => ({ type: 2, value })),
            ...addresses.map((ip) => ({ type: 7, ip })),
          ],
        },
      ]);
      leaf.sign(keys.privateKey, forge.md.sha256.create());
      return {
        certificatePem: forge.pki.certificateToPem(leaf),
        keyPem: forge.pki.privateKeyToPem(leafKeys.privateKey),
      };
    },
  };
}

function unsigned(
  publicKey: forge.pki.rsa.PublicKey,
  subject: forge.pki.CertificateField[],
  issuer: forge.pki.CertificateField[],
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`; // 01: a serial number is positive
  certificate.validity.notBefore = new Date(Date.now() - dayMilliseconds);
  certificate.validity.notAfter = new Date(Date.now() + 30 * dayMilliseconds);
  certificate.setSubject(subject);
  certificate.setIssuer(issuer);
  return certificate;
}
