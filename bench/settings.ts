/** What bench/admission.ts measures. */
export const admissionParts = [
  'latency',
  'deny',
  'throughput-16',
  'throughput-64',
  'list',
  'memory',
  'curve',
] as const;
export type AdmissionPart = (typeof admissionParts)[number];

/** What bench/approval.ts measures. */
export const approvalParts = ['small-workflow', 'gated-execution'] as const;
export type ApprovalPart = (typeof approvalParts)[number];

/** What bench/workflows.ts measures. */
export const workflowParts = [
  'refill',
  'makespan',
  'thousand-steps',
  'approval-wait',
  'idle',
  'workflow-memory',
] as const;
export type WorkflowPart = (typeof workflowParts)[number];

/** What bench/analysis.ts measures. */
export const analysisParts = ['decision-wait'] as const;

export type PartName = AdmissionPart | ApprovalPart | WorkflowPart | (typeof analysisParts)[number];
const partNames: readonly PartName[] = [
  ...admissionParts,
  ...approvalParts,
  ...workflowParts,
  ...analysisParts,
];

/** What a run measures, and how often. */
export interface Settings {
  /** Interleaved rounds of every part. */
  readonly rounds: number;
  /** Fresh names of one variant in one round with many clients. */
  readonly creates: number;
  /** Fresh names of one variant in one round with one client. */
  readonly lonelyCreates: number;
  /** Untimed creates of each variant before the first round of a part. */
  readonly warmUp: number;
  readonly only: readonly PartName[];
  /** Profiles of the replicas are written here (node --cpu-prof). */
  readonly profileFolder: string | undefined;
}

/** Reads BENCH_ROUNDS, BENCH_CREATES, BENCH_WARM_UP, BENCH_ONLY (names of parts, or keys of ratios) and BENCH_PROFILE. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const creates = numberOf(environment, 'BENCH_CREATES', 2_000);
  return {
    rounds: numberOf(environment, 'BENCH_ROUNDS', 5),
    creates,
    lonelyCreates: Math.max(50, Math.round((creates * 3) / 20)),
    warmUp: numberOf(environment, 'BENCH_WARM_UP', 1_500),
    only: partsOf(environment['BENCH_ONLY']),
    profileFolder: environment['BENCH_PROFILE'],
  };
}

/** The part that measures a ratio. */
const partOfRatio: Readonly<Record<string, PartName>> = {
  allow_latency_vs_noop: 'latency',
  allow_throughput_vs_noop: 'throughput-16',
  allow_throughput_vs_noop_64: 'throughput-64',
  allow_throughput_vs_resourcequota: 'throughput-64',
  deny_latency_vs_noop: 'deny',
  throughput_vs_list_per_request: 'list',
  rss_mb_per_10k_active: 'memory',
  small_workflow_create_vs_noop: 'small-workflow',
  gated_execution_create_vs_ungated: 'gated-execution',
  refill_p50_vs_create: 'refill',
  refill_p99_vs_create: 'refill',
  makespan_vs_ideal: 'makespan',
  thousand_steps_vs_raw: 'thousand-steps',
  writes_per_step: 'thousand-steps',
  approval_to_first_step_vs_create: 'approval-wait',
  idle_requests_per_minute: 'idle',
  rss_mb_per_1k_workflows: 'workflow-memory',
  decision_to_workflow_vs_create: 'decision-wait',
};

function partsOf(text: string | undefined): readonly PartName[] {
  if (text === undefined || text === '') return partNames;
  return text.split(',').map((word) => {
    const part = partNames.find((name) => name === word) ?? partOfRatio[word];
    if (part !== undefined) return part;
    throw new RangeError(
      `BENCH_ONLY: ${word} is none of ${[...partNames, ...Object.keys(partOfRatio)].join(', ')}`,
    );
  });
}

function numberOf(environment: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return otherwise;
  if (!/^[1-9][0-9]*$/.test(text))
    throw new RangeError(`${name}: expected a whole number above 0, got ${text}`);
  return Number(text);
}
