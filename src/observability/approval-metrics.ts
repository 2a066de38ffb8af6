import { Counter, type Registry } from 'prom-client';

export interface ApprovalMetrics {
  /** required, approved, rejected, voided or withdrawn. */
  readonly happened: (what: string) => void;
}

/** What becomes of approvals. */
export function createApprovalMetrics(registry: Registry): ApprovalMetrics {
  const events = new Counter({
    name: 'stepgate_workflow_approvals_total',
    help: 'Workflows that came to need approval, and decisions on them, by what happened.',
    labelNames: ['what'],
    registers: [registry],
  });
  return { happened: (what) => events.inc({ what }) };
}
