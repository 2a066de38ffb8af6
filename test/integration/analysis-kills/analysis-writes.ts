import type { ProxiedRequest } from '../../cluster/faulty-http-proxy.ts';
import { type Side, sides } from '../controller-kills/kill-moments.ts';

/** What becomes of an analysis in this test. */
export type Story = 'started' | 'approved' | 'rejected' | 'expired' | 'failed';

/** What the controller writes for an analysis: which object, and the how manieth write of it. */
export interface AnalysisWrite {
  readonly of: 'analysis status' | 'request' | 'request status' | 'workflow';
  readonly number: number;
  /** What the write is about, for people. */
  readonly what: string;
}

const status = (number: number, what: string): AnalysisWrite => ({ of: 'analysis status', number, what });
const first = (of: AnalysisWrite['of'], what: string): AnalysisWrite => ({ of, number: 1, what });

/** Every write of the controller, by story; those that are alike in two stories stand in one. */
export const writesOf: Readonly<Record<Story, readonly AnalysisWrite[]>> = {
  started: [
    status(1, 'that it needs nobody'),
    first('workflow', 'creates the workflow'),
    status(2, 'that the workflow is there'),
    status(3, 'that it is completed'),
  ],
  approved: [
    status(1, 'that it asks'),
    first('request', 'creates the request'),
    first('workflow', 'creates the workflow that was shown'),
    status(2, 'that it was approved, and the workflow is there'),
    status(3, 'that it is completed'),
  ],
  rejected: [status(2, 'that it was rejected')],
  expired: [first('request status', 'declares the request expired'), status(2, 'that nobody has decided')],
  failed: [status(1, 'that nothing can become of it')],
};

/** A write at which a controller dies, once; each has an analysis of its own, in a namespace of its own. */
export interface AnalysisKill {
  readonly namespace: string;
  readonly story: Story;
  readonly write: AnalysisWrite;
  readonly side: Side;
}

/** Every write, before the API server sees it and before the controller hears the answer. */
export const analysisKills: readonly AnalysisKill[] = Object.entries(writesOf).flatMap(([story, writes]) =>
  writes.flatMap((write, index) =>
    sides.map((side) => ({ namespace: `${story}-${index}-${side}`, story: story as Story, write, side })),
  ),
);

const patterns: readonly (readonly [AnalysisWrite['of'], string, RegExp])[] = [
  ['analysis status', 'PATCH', /^\/apis\/[^/]+\/v1alpha1\/namespaces\/([^/]+)\/aianalyses\/[^/]+\/status$/],
  ['request', 'POST', /^\/apis\/[^/]+\/v1alpha1\/namespaces\/([^/]+)\/aiapprovalrequests$/],
  [
    'request status',
    'PATCH',
    /^\/apis\/[^/]+\/v1alpha1\/namespaces\/([^/]+)\/aiapprovalrequests\/[^/]+\/status$/,
  ],
  ['workflow', 'POST', /^\/apis\/[^/]+\/v1alpha1\/namespaces\/([^/]+)\/workflowexecutions$/],
];

/** Undefined for what is no write for an analysis. */
export function analysisWriteOf({
  method,
  path,
}: Pick<ProxiedRequest, 'method' | 'path'>):
  { readonly of: AnalysisWrite['of']; readonly namespace: string } | undefined {
  for (const [of, expected, pattern] of patterns) {
    const namespace = method === expected ? pattern.exec(path)?.[1] : undefined;
    if (namespace !== undefined) return { of, namespace };
  }
  return undefined;
}
