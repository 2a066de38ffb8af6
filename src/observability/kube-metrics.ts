import { Counter, Gauge, type Registry } from 'prom-client';

/** What became of a request to the API server. */
export interface AnsweredRequest {
  readonly method: string;
  /** HTTP status; 0 when no answer came. */
  readonly code: number;
  /** Plural of the kind; '' for paths of no kind. */
  readonly resource: string;
}

/** What a reflector counts. */
export interface WatchMetrics {
  readonly relisted: (reason: string) => void;
  readonly handlerFailed: () => void;
}

export interface KubeMetrics {
  readonly responded: (answered: AnsweredRequest) => void;
  /** Counters for the watch of one resource (its plural). */
  readonly watch: (resource: string) => WatchMetrics;
  /** How many seconds ago the watch of a resource was last heard; asked at each scrape. */
  readonly watchLag: (resource: string, seconds: () => number) => void;
}

/** client-go's label for a request that got no answer; see its `rest_client_requests_total`. */
const noAnswer = '<error>';

/** How talking to the API server goes. */
export function createKubeMetrics(registry: Registry): KubeMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'kubernetes_api_requests_total',
    help: 'Requests to the API server by method, HTTP status and resource.',
    labelNames: ['method', 'code', 'resource'],
    registers,
  });
  const throttled = new Counter({
    name: 'kubernetes_api_requests_throttled_total',
    help: 'Requests that the API server answered with 429.',
    registers,
  });
  const relists = new Counter({
    name: 'stepgate_watch_relists_total',
    help: 'Initial lists of a watch, by why they were needed.',
    labelNames: ['resource', 'reason'],
    registers,
  });
  const handlerFailures = new Counter({
    name: 'stepgate_watch_handler_failures_total',
    help: 'Events of a watch whose handler threw.',
    labelNames: ['resource'],
    registers,
  });
  const lags = new Map<string, () => number>();
  // Its own `collect` fills it: a value set by a timer would be as old as the timer.
  const lag = new Gauge({
    name: 'stepgate_watch_lag_seconds',
    help: 'Since the watch of a resource was last heard. An idle watch is heard once a minute.',
    labelNames: ['resource'],
    registers,
    collect: () => {
      for (const [resource, seconds] of lags) lag.set({ resource }, seconds());
    },
  });
  return {
    responded: ({ method, code, resource }) => {
      requests.inc({ method, code: code === 0 ? noAnswer : String(code), resource });
      if (code === 429) throttled.inc();
    },
    watch: (resource) => ({
      relisted: (reason) => relists.inc({ resource, reason }),
      handlerFailed: () => handlerFailures.inc({ resource }),
    }),
    watchLag: (resource, seconds) => {
      lags.set(resource, seconds);
    },
  };
}
