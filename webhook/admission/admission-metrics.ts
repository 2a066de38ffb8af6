/** What admission tells whoever keeps metrics. */

/** One answered call, and how long it took from its first byte to its answer. */
export interface AdmissionObservation {
  /** The route's path; '' for a call to no route. Never anything a client chose. */
  readonly route: string;
  /** `refused`: no AdmissionReview was read, and the answer was an HTTP error. */
  readonly decision: 'allow' | 'patch' | 'deny' | 'error' | 'refused';
  /** The reason of the first cause of a denial, or its own; '' for an admitted request. */
  readonly reason: string;
  readonly seconds: number;
}

/** Sink of `stepgate_admission_duration_seconds` and `stepgate_admission_decisions_total`. */
export interface AdmissionMetrics {
  readonly observe: (observation: AdmissionObservation) => void;
}
