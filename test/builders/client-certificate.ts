/** Client certificates, as an API server shows one to a webhook that asks. Nothing of ours ever issues one. */
import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';
import type { CertifiedKey } from '../../webhook/certificates/certificate-authority.ts';

/** A certificate for a client of this name by `authority`, good for a day. */
export function issueClientCertificate(authority: CertifiedKey, name: string): CertifiedKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const day = 24 * 60 * 60 * 1000;
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = '4a01';
  certificate.validity.notBefore = new Date(Date.now() - day);
  certificate.validity.notAfter = new Date(Date.now() + day);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  certificate.setIssuer(forge.pki.certificateFromPem(authority.cert).subject.attributes);
  certificate.setExtensions([{ name: 'extKeyUsage', clientAuth: true }]);
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: privateKey };
}
