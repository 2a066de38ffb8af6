import { Histogram, type Registry } from 'prom-client';

export interface RateLimiterMetrics {
  /** A request was held back for so long; 0 for one that was not. */
  readonly waited: (seconds: number) => void;
}

/** How long requests to the API server are held back here, before they are sent. */
export function createRateLimiterMetrics(registry: Registry): RateLimiterMetrics {
  const wait = new Histogram({
    name: 'kubernetes_api_rate_limiter_wait_duration_seconds',
    help: 'How long a request waited for kubernetes-qps and kubernetes-burst before it was sent.',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  return { waited: (seconds) => wait.observe(seconds) };
}
