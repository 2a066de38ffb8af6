/** What a source of certificates gives a server, wherever it has them from. */

/** What the webhook serves with, all PEM. */
export interface ServingCertificate {
  readonly key: string;
  /** The certificate, and its chain where there is one. */
  readonly cert: string;
  /** Whom a client has to trust: one CA or, during a rotation, several. Absent where the source does not know it. */
  readonly ca?: string;
}

/** A certificate that changes over time. */
export interface CertificateSource {
  readonly current: () => ServingCertificate;
  /** Called after each change with the new one; the function it returns ends that. */
  readonly onChange: (listener: (certificate: ServingCertificate) => void) => () => void;
  /** Ends watching; resolves when nothing is under way any more. */
  readonly stop: () => Promise<void>;
}

/** Sink of `stepgate_certificate_expiry_seconds`. */
export interface CertificateMetrics {
  /** When the certificate of this name ends to hold; the gauge is the seconds from the scrape to it. */
  readonly expiresAt: (certificate: 'serving' | 'ca', instant: Date) => void;
}
