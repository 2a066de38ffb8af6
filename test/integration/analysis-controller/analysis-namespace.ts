import type { AIAnalysis, AIAnalysisStatus } from '../../../src/api/ai-analysis.ts';
import type { AIApprovalRequest, ApprovalDecision } from '../../../src/api/ai-approval-request.ts';
import { aiAnalysisKind, aiApprovalRequestKind, workflowExecutionKind } from '../../../src/api/names.ts';
import type { AnalysisPhase } from '../../../src/api/phase.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import type { KubeClient } from '../../../src/kube/kube-client.ts';
import { makeAnalysis } from '../../builders/analysis-builder.ts';
import { eventually } from '../../cluster/eventually.ts';
import { kindClient, type KindClient } from '../../cluster/kind-client.ts';
import { users } from '../../cluster/users.ts';
import { whenAllowed } from '../../cluster/when-allowed.ts';

/** What a test does with the analyses of one namespace. */
export interface AnalysisNamespace {
  readonly name: string;
  readonly analyses: KindClient;
  readonly requests: KindClient;
  readonly workflows: KindClient;
  /** Creates an analysis and writes its status, as an analyser does: in the phase `analyzing`, unless it says another. */
  analyse(analysis: string, status: AIAnalysisStatus, spec?: AIAnalysis['spec']): Promise<AIAnalysis>;
  /** The analysis once it is in a phase. */
  reaches(
    analysis: string,
    phase: AnalysisPhase,
    holds?: (status: AIAnalysisStatus) => boolean,
  ): Promise<AIAnalysis>;
  /** The request once it is there. */
  requestOf(analysis: string): Promise<AIApprovalRequest>;
  decide(
    request: AIApprovalRequest,
    decision: ApprovalDecision,
    message?: string,
  ): Promise<AIApprovalRequest>;
  workflowOf(analysis: AIAnalysis): Promise<WorkflowExecution>;
  /** As the controller of workflows would, at last. */
  settle(analysis: AIAnalysis, phase: 'completed' | 'failed', message?: string): Promise<void>;
  allRequests(): Promise<readonly AIApprovalRequest[]>;
  allWorkflows(): Promise<readonly WorkflowExecution[]>;
}

/** Creates the namespace, as admin. Deciding is `approver`'s. */
export async function openAnalysisNamespace(
  admin: KubeClient,
  approver: KubeClient,
  name: string,
): Promise<AnalysisNamespace> {
  await admin.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
  const analyses = kindClient(admin, aiAnalysisKind, name);
  const requests = kindClient(admin, aiApprovalRequestKind, name);
  const workflows = kindClient(admin, workflowExecutionKind, name);
  const deciding = kindClient(approver, aiApprovalRequestKind, name);

  async function reaches(
    analysis: string,
    phase: AnalysisPhase,
    holds: (status: AIAnalysisStatus) => boolean = () => true,
  ): Promise<AIAnalysis> {
    let last: AIAnalysis | undefined;
    try {
      await eventually(`${analysis} is ${phase}`, async () => {
        last = await analyses.get<AIAnalysis>(analysis);
        return last.status?.phase === phase && holds(last.status);
      });
    } catch (error) {
      throw new Error(`${analysis}: ${JSON.stringify(last?.status)}`, { cause: error });
    }
    return last as AIAnalysis;
  }

  return {
    name,
    analyses,
    requests,
    workflows,
    reaches,
    async analyse(analysis, status, spec) {
      await analyses.create(makeAnalysis(analysis, {}, spec));
      return await analyses.mergePatch(analysis, { status: { phase: 'analyzing', ...status } }, 'status');
    },
    async requestOf(analysis) {
      let request: AIApprovalRequest | undefined;
      await eventually(`${analysis} has its request`, async () => {
        const { status } = await analyses.get<AIAnalysis>(analysis);
        if (status?.approvalRequestName === undefined) return false;
        request = await requests.get<AIApprovalRequest>(status.approvalRequestName).catch(() => undefined);
        return request !== undefined;
      });
      return request as AIApprovalRequest;
    },
    decide: ({ metadata }, decision, message) =>
      deciding.mergePatch(metadata.name ?? '', { status: { decision, message } }, 'status'),
    workflowOf: ({ status }) => workflows.get(status?.workflowExecutionRef?.name ?? ''),
    async settle({ status }, phase, message) {
      const workflow = status?.workflowExecutionRef?.name ?? '';
      await workflows.mergePatch(workflow, { status: { phase, message } }, 'status');
    },
    async allRequests() {
      return (await requests.list<{ readonly items: readonly AIApprovalRequest[] }>()).items;
    },
    async allWorkflows() {
      return (await workflows.list<{ readonly items: readonly WorkflowExecution[] }>()).items;
    },
  };
}

const group = 'rbac.authorization.k8s.io';

/** Lets the group approvers decide, in all namespaces. */
export async function letApproversDecide(admin: KubeClient): Promise<void> {
  const metadata = { name: 'analysis-approver' };
  const rules = [
    {
      apiGroups: [aiAnalysisKind.group],
      resources: ['aiapprovalrequests'],
      verbs: ['get', 'list', 'watch', 'approve'],
    },
    { apiGroups: [aiAnalysisKind.group], resources: ['aiapprovalrequests/status'], verbs: ['patch'] },
    {
      apiGroups: [workflowExecutionKind.group],
      resources: ['workflowexecutions'],
      verbs: ['get', 'approve'],
    },
  ];
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: metadata.name };
  const subjects = [{ apiGroup: group, kind: 'Group', name: 'approvers' }];
  const post = (plural: string, body: object) =>
    admin.request({ method: 'POST', path: `/apis/${group}/v1/${plural}`, body });
  await post('clusterroles', { metadata, rules });
  await post('clusterrolebindings', { metadata, roleRef, subjects });
  const approve = { verb: 'approve', group: workflowExecutionKind.group, resource: 'workflowexecutions' };
  await whenAllowed(admin, users.approver, approve);
}
