import { setTimeout as pause } from 'node:timers/promises';
import type { AIAnalysis } from '../src/api/ai-analysis.ts';
import {
  aiAnalysisKind,
  aiApprovalRequestKind,
  kubernetesExecutionKind,
  workflowExecutionKind,
} from '../src/api/names.ts';
import { resourcePath } from '../src/kube/resource-path.ts';
import { remediationName } from '../src/policy/analysis/remediation-name.ts';
import { makeAnalysis } from '../test/builders/analysis-builder.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { PartResult } from './bench-run.ts';
import { type EventObserver, observeEvents } from './event-observer.ts';
import { figureOf, percentile } from './statistics.ts';
import type { WorkflowRun } from './workflow-run.ts';

/** Before each measured request. */
const quietMilliseconds = 150;

/** Steps of what is approved, and of what a plain client creates beside it. */
const steps = 12;

/**
 * From the answer to the write that approves a request to the moment an observer sees the workflow, against the create of
 * a workflow of as many steps by a plain client.
 */
export async function measureDecisionWait({ plane, settings, progress }: WorkflowRun): Promise<PartResult> {
  await plane.startController();
  const requests = await observeEvents(plane.client, aiApprovalRequestKind);
  const ratios: number[] = [];
  const waits: number[] = [];
  const creates: number[] = [];
  const fromSending: number[] = [];
  const decisions = Math.max(10, Math.round(settings.creates / 60));
  for (let round = 0; round < settings.rounds; round += 1) {
    const namespace = `decisions-${round}`;
    await plane.makeNamespace(namespace);
    const taken: number[] = [];
    const created: number[] = [];
    const sent: number[] = [];
    for (let number = 0; number < decisions; number += 1) {
      const request = await ask(plane, requests, namespace, `outage-${number}`);
      // Both in the same quiet: what the other leaves behind is nobody's load.
      await pause(quietMilliseconds);
      created.push(await loneCreate(plane, namespace, `lone-${number}`));
      await pause(quietMilliseconds);
      const wait = await decisionWait(plane, namespace, request);
      taken.push(wait.fromAnswer);
      sent.push(wait.fromSending);
    }
    fromSending.push(percentile(sent, 0.5));
    const [wait, create] = [percentile(taken, 0.5), percentile(created, 0.5)];
    ratios.push(wait / create);
    waits.push(wait);
    creates.push(create);
    progress(
      `decision round ${round + 1}/${settings.rounds}: p50 ${wait.toFixed(1)} ms, create p50 ${create.toFixed(1)} ms`,
    );
  }
  requests.stop();
  await plane.stopController();
  return {
    ratios: { decision_to_workflow_vs_create: figureOf(ratios) },
    details: {
      waitP50Milliseconds: figureOf(waits),
      // With the write of the decision itself, which admission checks too.
      fromSendingP50Milliseconds: figureOf(fromSending),
      createP50Milliseconds: figureOf(creates),
    },
  };
}

/** Creates an analysis that asks; answers the name of its request, once that is there. */
async function ask(
  plane: WorkflowRun['plane'],
  requests: EventObserver,
  namespace: string,
  analysis: string,
): Promise<string> {
  const { metadata } = await plane.create<AIAnalysis>(aiAnalysisKind, namespace, makeAnalysis(analysis));
  const name = remediationName({ name: analysis, uid: metadata.uid ?? '' });
  const asked = requests.first(
    ({ object }) => object.metadata.namespace === namespace && object.metadata.name === name,
  );
  const recommendations = Array.from({ length: steps }, (_, index) => ({
    id: `fix-${index}`,
    action: 'bench_hold',
  }));
  await patchStatus(
    plane,
    resourcePath(aiAnalysisKind, { namespace, name: analysis, subresource: 'status' }),
    { phase: 'analyzing', recommendations },
  );
  await asked;
  return name;
}

/** Milliseconds until an observer sees the workflow: from the answer to the decision, and from sending it. */
async function decisionWait(
  plane: WorkflowRun['plane'],
  namespace: string,
  name: string,
): Promise<{ readonly fromAnswer: number; readonly fromSending: number }> {
  const exists = plane.workflows.first(
    ({ type, object }) =>
      type === 'ADDED' && object.metadata.namespace === namespace && object.metadata.name === name,
  );
  const path = resourcePath(aiApprovalRequestKind, { namespace, name, subresource: 'status' });
  const sentAt = performance.now();
  await patchStatus(plane, path, { decision: 'Approved' });
  const answeredAt = performance.now();
  const { at } = await exists;
  await remove(plane, namespace, name);
  return { fromAnswer: at - answeredAt, fromSending: at - sentAt };
}

/** Deletes a workflow and what was created of it. */
async function remove(plane: WorkflowRun['plane'], namespace: string, name: string): Promise<void> {
  await plane.client.request({
    method: 'DELETE',
    path: resourcePath(workflowExecutionKind, { namespace, name }),
  });
  await plane.client.request({
    method: 'DELETE',
    path: resourcePath(kubernetesExecutionKind, { namespace }),
    query: { labelSelector: `workflow=${name}` },
  });
}

/** Milliseconds from the request to the answer. It is paused, so that the controller creates nothing of it. */
async function loneCreate(plane: WorkflowRun['plane'], namespace: string, name: string): Promise<number> {
  const draft = makeWorkflow(name).steps(steps, { action: 'bench_hold', parameters: {} });
  const body = draft.withSpec({ paused: true }).build();
  const sentAt = performance.now();
  await plane.create(workflowExecutionKind, namespace, body);
  const milliseconds = performance.now() - sentAt;
  await remove(plane, namespace, name);
  return milliseconds;
}

async function patchStatus(plane: WorkflowRun['plane'], path: string, status: object): Promise<void> {
  await plane.client.request({
    method: 'PATCH',
    path,
    contentType: 'application/merge-patch+json',
    body: { status },
  });
}
