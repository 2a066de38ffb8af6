import type { AIAnalysis } from '../../../src/api/ai-analysis.ts';
import type { AIApprovalRequest } from '../../../src/api/ai-approval-request.ts';
import { approvalAnnotations } from '../../../src/api/approval-annotations.ts';
import {
  aiAnalysisKind,
  aiApprovalRequestKind,
  kubernetesExecutionKind,
  workflowExecutionKind,
} from '../../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { analysisOwnerReference, approvalRequest } from '../../../src/policy/analysis/approval-request.ts';
import { recommendedWorkflow } from '../../../src/policy/analysis/recommended-workflow.ts';
import { remediationName } from '../../../src/policy/analysis/remediation-name.ts';
import { makeAnalysis, makeRecommendations } from '../../builders/analysis-builder.ts';
import type { ControlPlane } from '../../cluster/control-plane.ts';
import { kindClient, type KindClient } from '../../cluster/kind-client.ts';
import { userNames, type UserName } from '../../cluster/users.ts';

/** Everything that one user may try. */
export interface Actor {
  readonly client: KubeClient;
  readonly analyses: KindClient;
  readonly requests: KindClient;
  readonly workflows: KindClient;
  readonly executions: KindClient;
}

type NamedAnalysis = AIAnalysis & { readonly metadata: { readonly name: string; readonly uid: string } };

/** An analysis that asks, as the controller leaves it. */
export interface Asked {
  /** Of the request, and of the workflow to come. */
  readonly name: string;
  readonly analysis: NamedAnalysis;
  readonly request: AIApprovalRequest;
}

/** What is asked for; by default twelve steps, now, for a quarter of an hour. */
export interface Question {
  readonly requestedAt?: string;
  readonly reviewer?: NonNullable<AIApprovalRequest['spec']['reviewer']>;
  readonly steps?: number;
  readonly namespace?: string;
  /** Who recommends. */
  readonly author?: UserName;
  /** Who creates the analysis; by default the author. */
  readonly creator?: UserName;
  /** Without recommendations, which nobody can write while the webhook is down; the request is about others. */
  readonly unstamped?: boolean;
}

/** Every user of a control plane, and what the controller does before a person decides. */
export interface AnalysisGround {
  readonly actors: Readonly<Record<UserName, Actor>>;
  actor(user: UserName, namespace: string): Actor;
  ask(question?: Question): Promise<Asked>;
  /** The workflow that the controller would create, for changes of it. */
  workflowOf(asked: Asked): WorkflowDraft;
  close(): void;
}

/** A workflow that refers to a decision. */
export interface WorkflowDraft {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly object[];
  };
  readonly spec: object;
}

/** Makes the ground of a control plane that has the manifests. */
export function createAnalysisGround(controlPlane: ControlPlane): AnalysisGround {
  const clients = new Map(userNames.map((user) => [user, createKubeClient(controlPlane.kubeConfig(user))]));
  const actor = (user: UserName, namespace: string): Actor => {
    const client = clients.get(user) as KubeClient;
    return {
      client,
      analyses: kindClient(client, aiAnalysisKind, namespace),
      requests: kindClient(client, aiApprovalRequestKind, namespace),
      workflows: kindClient(client, workflowExecutionKind, namespace),
      executions: kindClient(client, kubernetesExecutionKind, namespace),
    };
  };
  const actors = Object.fromEntries(userNames.map((user) => [user, actor(user, 'default')])) as Record<
    UserName,
    Actor
  >;
  let asked = 0;

  return {
    actors,
    actor,
    async ask({
      requestedAt = new Date().toISOString(),
      reviewer,
      steps = 12,
      namespace = 'default',
      author = 'developer',
      creator = author,
      unstamped = false,
    }: Question = {}) {
      asked += 1;
      const draft = makeAnalysis(`outage-${asked}`);
      const { analyses } = actor(author, namespace);
      await actor(creator, namespace).analyses.create(draft);
      const recommendations = makeRecommendations(steps);
      const status = { phase: 'analyzing', ...(!unstamped && { recommendations }) };
      const written = await analyses.mergePatch<NamedAnalysis>(
        draft.metadata.name ?? '',
        { status },
        'status',
      );
      const name = remediationName(written.metadata);
      const controller = actor('controller', namespace);
      const analysis = await controller.analyses.mergePatch<NamedAnalysis>(
        written.metadata.name,
        { status: { phase: 'approving', approvalRequestName: name, approvalRequestedAt: requestedAt } },
        'status',
      );
      const workflow = recommendedWorkflow({
        analysis: { spec: analysis.spec, status: { recommendations } },
        takesNamespace: () => true,
      });
      if ('causes' in workflow) throw new Error(workflow.causes[0]?.message);
      const reason = `${steps} steps are more than 10`;
      const request = await controller.requests.create<AIApprovalRequest>(
        approvalRequest({
          analysis,
          workflow,
          reason,
          requestedAt,
          timeout: '15m',
          ...(reviewer && { reviewer }),
        }),
      );
      return { name, analysis, request };
    },
    workflowOf({ name, analysis, request }) {
      const { group, version, kind } = workflowExecutionKind;
      return {
        apiVersion: `${group}/${version}`,
        kind,
        metadata: {
          name,
          annotations: { [approvalAnnotations.request]: name },
          ownerReferences: [analysisOwnerReference(analysis.metadata)],
        },
        spec: request.spec.workflow.spec,
      };
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}
