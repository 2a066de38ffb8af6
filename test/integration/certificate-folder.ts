import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IssuedCertificate } from '../cluster/certificates.ts';

/** A folder as kubelet mounts a Secret: files are links into `..data`, which is swapped as a whole. */
export interface CertificateFolder {
  readonly path: string;
  replace(certificate: IssuedCertificate): void;
}

/** Makes it, with a certificate inside, below `parent`. */
export function createCertificateFolder(parent: string, certificate: IssuedCertificate): CertificateFolder {
  const path = mkdtempSync(join(parent, 'certificates-'));
  let version = 0;

  function replace({ certificatePem, keyPem }: IssuedCertificate): void {
    version += 1;
    const data = `..${version}`;
    mkdirSync(join(path, data));
    writeFileSync(join(path, data, 'tls.crt'), certificatePem);
    writeFileSync(join(path, data, 'tls.key'), keyPem);
    symlinkSync(data, join(path, '..data_tmp'));
    renameSync(join(path, '..data_tmp'), join(path, '..data'));
    rmSync(join(path, `..${version - 1}`), { recursive: true, force: true });
  }

  replace(certificate);
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(join('..data', file), join(path, file));
  return { path, replace };
}
