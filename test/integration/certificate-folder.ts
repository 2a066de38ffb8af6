import type { IssuedCertificate } from '../cluster/certificates.ts';
import { mountSecret } from '../cluster/mounted-secret.ts';

/** A certificate in a folder, as kubelet mounts its Secret. */
export interface CertificateFolder {
  readonly path: string;
  replace(certificate: IssuedCertificate): void;
}

/** Makes it, with a certificate inside, below `parent`. */
export function createCertificateFolder(parent: string, certificate: IssuedCertificate): CertificateFolder {
  const secret = mountSecret(parent, textsOf(certificate));
  return { path: secret.path, replace: (next) => secret.replace(textsOf(next)) };
}

function textsOf({ certificatePem, keyPem }: IssuedCertificate): Record<string, string> {
  return { 'tls.crt': certificatePem, 'tls.key': keyPem };
}
