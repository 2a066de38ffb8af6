import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from './certificates.ts';
import type { ControlPlane } from './control-plane.ts';

/** What the webhooks of one control plane serve with, on 127.0.0.1. */
export interface InstalledCertificate {
  /** For `--certificate-folder`. */
  readonly folder: string;
  /** Base64, for webhook configurations. */
  readonly caBundle: string;
}

/** The certificate of this control plane: made when it is first asked for, the same from then on. */
export function servingCertificateOf({ folder: parent }: Pick<ControlPlane, 'folder'>): InstalledCertificate {
  const folder = join(parent, 'serving-certificate');
  if (!existsSync(folder)) make(parent, folder);
  return { folder, caBundle: readFileSync(join(folder, 'ca.crt')).toString('base64') };
}

function make(parent: string, folder: string): void {
  const authority = createAuthority('stepgate webhooks');
  const { certificatePem, keyPem } = authority.issue('stepgate webhook', [], ['127.0.0.1']);
  const made = mkdtempSync(join(parent, 'certificate-'));
  writeFileSync(join(made, 'ca.crt'), authority.certificatePem);
  writeFileSync(join(made, 'tls.crt'), certificatePem);
  writeFileSync(join(made, 'tls.key'), keyPem, { mode: 0o600 });
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another process was first, and everybody takes what it has made.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    rmSync(made, { recursive: true });
  }
}
