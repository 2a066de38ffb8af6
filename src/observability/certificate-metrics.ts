import { Gauge, type Registry } from 'prom-client';

export interface CertificateMetrics {
  /** The certificate of this name holds until `instant`. */
  readonly expiresAt: (certificate: string, instant: Date) => void;
}

/** How long certificates still hold. `now` is the time of day in milliseconds, such as `Date.now`. */
export function createCertificateMetrics(registry: Registry, now: () => number): CertificateMetrics {
  const instants = new Map<string, Date>();
  const expiry = new Gauge({
    name: 'stepgate_certificate_expiry_seconds',
    help: 'Until the certificate expires; negative once it has.',
    labelNames: ['certificate'],
    registers: [registry],
    collect: () => {
      for (const [certificate, instant] of instants) {
        expiry.set({ certificate }, (instant.getTime() - now()) / 1000);
      }
    },
  });
  return {
    expiresAt: (certificate, instant) => {
      instants.set(certificate, instant);
    },
  };
}
