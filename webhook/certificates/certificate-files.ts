/**
 * Certificates from files, as cert-manager's Secret is mounted: `tls.crt`, `tls.key`, `ca.crt`. What cannot be used
 * (half-written, a key of another certificate) changes nothing.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { requireUsablePair, validityOf } from './certificate-facts.ts';
import { createCertificateListeners } from './certificate-listeners.ts';
import { followFolder } from './followed-folder.ts';
import type { CertificateMetrics, CertificateSource, ServingCertificate } from './serving-certificate.ts';

export interface CertificateFilesOptions {
  readonly folder: string;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly logger: Logger;
  readonly metrics?: CertificateMetrics;
  /** How often the files are read without being told of a change. */
  readonly pollMilliseconds?: number;
  /** How long after a change they are read: a swap is several events. */
  readonly settleMilliseconds?: number;
}

/** The certificate in the folder. @throws CertificateError | the error of reading, when there is none to begin with */
export async function startCertificateFiles(options: CertificateFilesOptions): Promise<CertificateSource> {
  const { folder, logger } = options;
  const listeners = createCertificateListeners(logger);
  let current = await readCertificate(folder);
  reportExpiry(current, options.metrics);
  const followed = followFolder({ ...options, read: reload });
  return { current: () => current, onChange: listeners.add, stop: followed.stop };

  async function reload(): Promise<void> {
    try {
      const next = await readCertificate(folder);
      if (next.cert === current.cert && next.key === current.key && next.ca === current.ca) return;
      current = next;
      reportExpiry(next, options.metrics);
      logger.info({ folder, notAfter: validityOf(next.cert).notAfter }, 'the certificate has changed');
      listeners.tell(next);
    } catch (error) {
      logger.warn({ folder, err: error }, 'the certificate cannot be read; the old one stays in use');
    }
  }
}

async function readCertificate(folder: string): Promise<ServingCertificate> {
  const [cert, key, ca] = await Promise.all([
    readFile(join(folder, 'tls.crt'), 'utf8'),
    readFile(join(folder, 'tls.key'), 'utf8'),
    readOptional(join(folder, 'ca.crt')),
  ]);
  requireUsablePair({ cert, key });
  return { cert, key, ...(ca !== undefined && { ca }) };
}

/** A certificate by a well-known CA comes without `ca.crt`. */
async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function reportExpiry({ cert, ca }: ServingCertificate, metrics: CertificateMetrics | undefined): void {
  metrics?.expiresAt('serving', validityOf(cert).notAfter);
  if (ca !== undefined && ca !== '') metrics?.expiresAt('ca', validityOf(ca).notAfter);
}
