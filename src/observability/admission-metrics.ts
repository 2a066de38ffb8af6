import { Counter, Histogram, type Registry } from 'prom-client';

/** One answered call. */
export interface AnsweredAdmission {
  /** The route's path; never anything that a client chose. */
  readonly route: string;
  readonly decision: string;
  /** CamelCase, of a closed set; '' for an admitted request. */
  readonly reason: string;
  readonly seconds: number;
}

export interface AdmissionMetrics {
  readonly observe: (answered: AnsweredAdmission) => void;
}

/** From half a millisecond, a denial without I/O, to the API server's longest timeout of a webhook, 30 s. */
const secondsBuckets = [
  0.0005, 0.001, 0.002, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** What admission does, and how long it takes. No label names a workflow: their number has no bound. */
export function createAdmissionMetrics(registry: Registry): AdmissionMetrics {
  const duration = new Histogram({
    name: 'stepgate_admission_duration_seconds',
    help: 'From the first byte of an admission call to its answer.',
    labelNames: ['route', 'decision'],
    buckets: secondsBuckets,
    registers: [registry],
  });
  const decisions = new Counter({
    name: 'stepgate_admission_decisions_total',
    help: 'Answered admission calls. The reason is that of the first cause of a denial.',
    labelNames: ['decision', 'reason'],
    registers: [registry],
  });
  return {
    observe: ({ route, decision, reason, seconds }) => {
      duration.observe({ route, decision }, seconds);
      decisions.inc({ decision, reason });
    },
  };
}
