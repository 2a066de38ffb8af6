import { Counter, Histogram, type Registry } from 'prom-client';

/** How a request for approval ended. */
export const approvalOutcomes = ['Approved', 'Rejected', 'Expired'] as const;
export type ApprovalOutcome = (typeof approvalOutcomes)[number];

export interface AnalysisMetrics {
  /** This process has created a request. */
  readonly requested: () => void;
  /** A request has ended so many seconds after its creation. */
  readonly decided: (outcome: ApprovalOutcome, seconds: number) => void;
}

/** How analyses get their approval. Each end is counted by the process that has written it into the analysis. */
export function createAnalysisMetrics(registry: Registry): AnalysisMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'aianalysis_approval_requests_created_total',
    help: 'Requests for approval that were created for analyses.',
    registers,
  });
  const decisions = new Counter({
    name: 'aianalysis_approval_decisions_total',
    help: 'Ends of requests for approval: Approved, Rejected or Expired.',
    labelNames: ['decision'],
    registers,
  });
  for (const decision of approvalOutcomes) decisions.inc({ decision }, 0);
  const latency = new Histogram({
    name: 'aianalysis_approval_latency_seconds',
    help: 'From the creation of a request for approval to the decision of a person.',
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 14_400, 86_400],
    registers,
  });
  return {
    requested: () => requests.inc(),
    decided(decision, seconds) {
      decisions.inc({ decision });
      // How long nobody came says nothing of how long people take.
      if (decision !== 'Expired') latency.observe(Math.max(0, seconds));
    },
  };
}
