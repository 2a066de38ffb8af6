/** What a ratio should reach. */
export interface Target {
  readonly key: string;
  readonly what: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export const targets: readonly Target[] = [
  { key: 'allow_latency_vs_noop', what: 'p50 of an admitted create, one client', atMost: 1.7 },
  { key: 'allow_throughput_vs_noop', what: 'admitted creates per second, 16 clients', atLeast: 0.75 },
  { key: 'allow_throughput_vs_noop_64', what: 'the same, 64 clients', atLeast: 0.9 },
  { key: 'allow_throughput_vs_resourcequota', what: '64 clients, against ResourceQuota', atLeast: 0.6 },
  { key: 'deny_latency_vs_noop', what: 'p50 of a refused create', atMost: 0.6 },
  { key: 'throughput_vs_list_per_request', what: 'against a webhook that lists', atLeast: 3 },
  { key: 'rss_mb_per_10k_active', what: 'MB for 10,000 active executions', atMost: 40 },
  { key: 'small_workflow_create_vs_noop', what: 'p50 of a create of a workflow of ten steps', atMost: 1.2 },
  {
    key: 'gated_execution_create_vs_ungated',
    what: 'p50 of a create of an execution, of an approved workflow against a small one',
    atMost: 1.5,
  },
  { key: 'refill_p50_vs_create', what: 'p50 of giving a freed slot again, against a create', atMost: 2.5 },
  { key: 'refill_p99_vs_create', what: 'p99 of that, against the p50 of a create', atMost: 10 },
  { key: 'makespan_vs_ideal', what: '100 steps of 500 ms, five at a time, against 10 s', atMost: 1.08 },
  {
    key: 'thousand_steps_vs_raw',
    what: '100 workflows of ten steps, against their writes alone',
    atMost: 2.5,
  },
  {
    key: 'approval_to_first_step_vs_create',
    what: 'p50 from an approval to the first execution, against a create',
    atMost: 3,
  },
  {
    key: 'decision_to_workflow_vs_create',
    what: 'p50 from a decision on a request to the workflow, against a create of one',
    atMost: 4,
  },
  { key: 'writes_per_step', what: 'writes of the controller and the journal for a step', atMost: 5 },
  { key: 'idle_requests_per_minute', what: 'requests with 1,000 settled workflows', atMost: 0 },
  { key: 'rss_mb_per_1k_workflows', what: 'MB for 1,000 live workflows of ten steps', atMost: 25 },
];

/** Whether the value is where it should be. */
export function isReached({ atMost, atLeast }: Target, value: number): boolean {
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
}
