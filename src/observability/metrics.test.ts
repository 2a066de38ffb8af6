import { expect, test } from 'vitest';
import { createAdmissionMetrics } from './admission-metrics.ts';
import { createCertificateMetrics } from './certificate-metrics.ts';
import { createConfigMetrics } from './config-metrics.ts';
import { createControllerMetrics } from './controller-metrics.ts';
import { createJournalMetrics } from './journal-metrics.ts';
import { createKubeMetrics } from './kube-metrics.ts';
import { createLeaderElectionMetrics } from './leader-election-metrics.ts';
import { createMetricsRegistry } from './metrics-registry.ts';
import { createRateLimiterMetrics } from './rate-limiter-metrics.ts';
import { createWorkQueueMetrics } from './work-queue-metrics.ts';

/** The samples whose names start with a word, without help and type. */
async function samples(registry: ReturnType<typeof createMetricsRegistry>, start: string): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith(start));
}

test('two registries in one process know nothing of each other', async () => {
  const [one, other] = [createMetricsRegistry(), createMetricsRegistry()];
  createConfigMetrics(one).rejected('enforcement');
  createConfigMetrics(other);
  expect(await samples(one, 'stepgate_config')).toEqual([
    'stepgate_config_errors_total{key="enforcement"} 1',
  ]);
  expect(await samples(other, 'stepgate_config')).toEqual([]);
});

test('metrics of the process are there for who wants them', async () => {
  expect(await samples(createMetricsRegistry(), 'process_')).toEqual([]);
  expect(await samples(createMetricsRegistry({ processMetrics: true }), 'process_')).not.toEqual([]);
});

test('admission is counted by decision and reason, and timed from half a millisecond', async () => {
  const registry = createMetricsRegistry();
  const { observe } = createAdmissionMetrics(registry);
  observe({ route: '/validate', decision: 'allow', reason: '', seconds: 0.0004 });
  observe({ route: '/validate', decision: 'deny', reason: 'ParallelLimitReached', seconds: 0.003 });
  expect(await samples(registry, 'stepgate_admission_decisions_total')).toEqual([
    'stepgate_admission_decisions_total{decision="allow",reason=""} 1',
    'stepgate_admission_decisions_total{decision="deny",reason="ParallelLimitReached"} 1',
  ]);
  const durations = await samples(registry, 'stepgate_admission_duration_seconds');
  expect(durations).toContain(
    'stepgate_admission_duration_seconds_bucket{le="0.0005",route="/validate",decision="allow"} 1',
  );
  expect(durations).toContain(
    'stepgate_admission_duration_seconds_sum{route="/validate",decision="deny"} 0.003',
  );
});

test('the journal counts writes, batches, conflicts, restarts, lists and reservations', async () => {
  const registry = createMetricsRegistry();
  const metrics = createJournalMetrics(registry);
  metrics.written(1);
  metrics.written(3);
  metrics.conflicted();
  metrics.restarted('lost');
  metrics.degraded();
  metrics.reservations(7);
  const lines = await samples(registry, 'stepgate_');
  expect(lines).toEqual(
    expect.arrayContaining([
      'stepgate_journal_writes_total 2',
      'stepgate_journal_batch_size_sum 4',
      'stepgate_journal_batch_size_bucket{le="1"} 1',
      'stepgate_journal_conflicts_total 1',
      'stepgate_journal_restarts_total{reason="lost"} 1',
      'stepgate_degraded_decisions_total 1',
      'stepgate_reservations 7',
    ]),
  );
});

test('requests to the API server are counted, refusals for their number apart', async () => {
  const registry = createMetricsRegistry();
  const metrics = createKubeMetrics(registry);
  metrics.responded({ method: 'GET', code: 200, resource: 'slotjournals' });
  metrics.responded({ method: 'PUT', code: 429, resource: 'slotjournals' });
  metrics.responded({ method: 'GET', code: 0, resource: '' });
  expect(await samples(registry, 'kubernetes_api')).toEqual([
    'kubernetes_api_requests_total{method="GET",code="200",resource="slotjournals"} 1',
    'kubernetes_api_requests_total{method="PUT",code="429",resource="slotjournals"} 1',
    'kubernetes_api_requests_total{method="GET",code="<error>",resource=""} 1',
    'kubernetes_api_requests_throttled_total 1',
  ]);
});

test('the lag of a watch is read at the scrape', async () => {
  const registry = createMetricsRegistry();
  const metrics = createKubeMetrics(registry);
  let seconds = 1;
  metrics.watchLag('configmaps', () => seconds);
  expect(await samples(registry, 'stepgate_watch_lag')).toEqual([
    'stepgate_watch_lag_seconds{resource="configmaps"} 1',
  ]);
  seconds = 61;
  expect(await samples(registry, 'stepgate_watch_lag')).toEqual([
    'stepgate_watch_lag_seconds{resource="configmaps"} 61',
  ]);
});

test('a watch counts its lists and its failing handlers', async () => {
  const registry = createMetricsRegistry();
  const watch = createKubeMetrics(registry).watch('configmaps');
  watch.relisted('started');
  watch.handlerFailed();
  expect(await samples(registry, 'stepgate_watch')).toEqual([
    'stepgate_watch_relists_total{resource="configmaps",reason="started"} 1',
    'stepgate_watch_handler_failures_total{resource="configmaps"} 1',
  ]);
});

test('the expiry of a certificate counts down, past its end too', async () => {
  const registry = createMetricsRegistry();
  let now = 0;
  const metrics = createCertificateMetrics(registry, () => now);
  metrics.expiresAt('serving', new Date(90_000));
  now = 30_000;
  expect(await samples(registry, 'stepgate_cert')).toEqual([
    'stepgate_certificate_expiry_seconds{certificate="serving"} 60',
  ]);
  now = 100_000;
  expect(await samples(registry, 'stepgate_cert')).toEqual([
    'stepgate_certificate_expiry_seconds{certificate="serving"} -10',
  ]);
});

test('a work queue tells its depth, its waits and its work by the names of client-go', async () => {
  const registry = createMetricsRegistry();
  const takenAt = [1_000, 4_000];
  const queue = createWorkQueueMetrics(registry, () => 5_000).queue('q', () => ({ depth: 3, takenAt }));
  queue.added();
  queue.retried();
  queue.taken(0.5);
  queue.done(2);
  const lines = await samples(registry, 'workqueue_');
  expect(lines).toEqual(
    expect.arrayContaining([
      'workqueue_adds_total{name="q"} 1',
      'workqueue_retries_total{name="q"} 1',
      'workqueue_queue_duration_seconds_sum{name="q"} 0.5',
      'workqueue_work_duration_seconds_sum{name="q"} 2',
      'workqueue_depth{name="q"} 3',
      'workqueue_unfinished_work_seconds{name="q"} 5',
      'workqueue_longest_running_processor_seconds{name="q"} 4',
    ]),
  );
  takenAt.length = 0;
  expect(await samples(registry, 'workqueue_longest')).toEqual([
    'workqueue_longest_running_processor_seconds{name="q"} 0',
  ]);
});

test('a controller tells how its reconciles end by the names of controller-runtime', async () => {
  const registry = createMetricsRegistry();
  const controller = createControllerMetrics(registry).controller('c', 4);
  for (const outcome of ['success', 'success', 'error', 'requeue_after'] as const) {
    controller.started();
    controller.ended(outcome, 0.5);
  }
  controller.started();
  expect(await samples(registry, 'controller_runtime_')).toEqual(
    expect.arrayContaining([
      'controller_runtime_reconcile_total{controller="c",result="success"} 2',
      'controller_runtime_reconcile_total{controller="c",result="requeue_after"} 1',
      'controller_runtime_reconcile_total{controller="c",result="error"} 1',
      'controller_runtime_reconcile_errors_total{controller="c"} 1',
      'controller_runtime_reconcile_time_seconds_sum{controller="c"} 2',
      'controller_runtime_active_workers{controller="c"} 1',
      'controller_runtime_max_concurrent_reconciles{controller="c"} 4',
    ]),
  );
});

test('who leads is asked at the scrape', async () => {
  const registry = createMetricsRegistry();
  let leads = true;
  createLeaderElectionMetrics(registry).candidate('lease', () => leads);
  expect(await samples(registry, 'leader_')).toEqual(['leader_election_master_status{name="lease"} 1']);
  leads = false;
  expect(await samples(registry, 'leader_')).toEqual(['leader_election_master_status{name="lease"} 0']);
});

test('how long requests are held back is a histogram', async () => {
  const registry = createMetricsRegistry();
  const { waited } = createRateLimiterMetrics(registry);
  waited(0);
  waited(0.2);
  expect(await samples(registry, 'kubernetes_api_rate_limiter')).toEqual(
    expect.arrayContaining([
      'kubernetes_api_rate_limiter_wait_duration_seconds_bucket{le="0.001"} 1',
      'kubernetes_api_rate_limiter_wait_duration_seconds_bucket{le="0.25"} 2',
      'kubernetes_api_rate_limiter_wait_duration_seconds_sum 0.2',
    ]),
  );
});
