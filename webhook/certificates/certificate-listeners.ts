/** Tells listeners of a new certificate; one that throws does not keep it from the others. */
import type { Logger } from '../../src/observability/logger.ts';
import type { ServingCertificate } from './serving-certificate.ts';

type Listener = (certificate: ServingCertificate) => void;

export interface CertificateListeners {
  readonly add: (listener: Listener) => () => void;
  readonly tell: (certificate: ServingCertificate) => void;
}

export function createCertificateListeners(logger: Pick<Logger, 'error'>): CertificateListeners {
  const listeners = new Set<Listener>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(certificate) {
      for (const listener of listeners) {
        try {
          listener(certificate);
        } catch (error) {
          logger.error({ err: error }, 'a new certificate could not be put to use');
        }
      }
    },
  };
}
