import { expect, it } from 'vitest';
import type { AIApprovalRequestStatus } from '../../src/api/ai-approval-request.ts';
import { defaults } from '../../src/config/defaults.ts';
import { mergeConfig } from '../../src/config/merge.ts';
import type { KubeRequest } from '../../src/kube/kube-client.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { createStore } from '../../src/kube/store.ts';
import { approvalRequest } from '../../src/policy/analysis/approval-request.ts';
import { recommendedWorkflow } from '../../src/policy/analysis/recommended-workflow.ts';
import { remediationName } from '../../src/policy/analysis/remediation-name.ts';
import { makeRecommendations } from '../../test/builders/analysis-builder.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { AnalysisMemory } from './analysis-memory.ts';
import type { AnalysisTurn } from './analysis-turn.ts';
import { awaitDecision } from './await-decision.ts';
import type { CachedRequest, StoredAnalysis, StoredRequest } from './stored-analysis.ts';

// What a real API server does not do on demand: it knows more than the cache at the very moment of the expiry.

const requestedAt = '2026-01-01T00:00:00.000Z';
const metadata = { name: 'outage', namespace: 'shop', uid: 'a-uid', resourceVersion: '5', generation: 1 };
const name = remediationName(metadata);
const analysis: StoredAnalysis = {
  metadata,
  spec: {},
  status: {
    phase: 'approving',
    approvalRequestName: name,
    approvalRequestedAt: requestedAt,
    recommendations: makeRecommendations(2),
  },
};

function requestWith(status: AIApprovalRequestStatus, resourceVersion: string): StoredRequest {
  const workflow = recommendedWorkflow({
    analysis: { spec: {}, status: analysis.status },
    takesNamespace: () => false,
  });
  if ('causes' in workflow) throw new Error('it is not to be refused');
  const made = approvalRequest({
    analysis: { metadata, spec: {} },
    workflow,
    reason: 'it is large',
    requestedAt,
    timeout: '15m',
  });
  const stored = {
    ...metadata,
    name,
    uid: 'r-uid',
    resourceVersion,
    ownerReferences: made.metadata.ownerReferences,
  };
  return { ...made, metadata: stored, status } as StoredRequest;
}

/** The cache shows a request that waits, as of resourceVersion 7; the API server has what `answer` says. */
function turnWith(answer: (request: KubeRequest) => unknown) {
  const client = scriptKubeClient(answer);
  const requests = createStore<CachedRequest>();
  requests.added(requestWith({}, '7'));
  const clock = createManualClock();
  const memory = new AnalysisMemory(metadata.uid);
  memory.deadline = { request: 'r-uid', at: clock.now() + 1_000 };
  const turn: AnalysisTurn = {
    client,
    requests,
    workflows: createStore(),
    actions: { faultsOf: () => [], takesNamespace: () => false },
    reviewer: undefined,
    config: () => mergeConfig({}, defaults),
    clock,
    date: () => new Date('2030-01-01T00:00:00Z'),
    metrics: { requested: () => undefined, decided: () => undefined },
    events: { record: () => undefined },
    namespace: 'shop',
    analysis,
    memory,
    signal: new AbortController().signal,
  };
  return { turn, clock, client };
}

it('waits as long as the clock that nobody can set says, whatever the date is', async () => {
  const { turn, clock, client } = turnWith(() => undefined);
  clock.advance(400);
  expect(await awaitDecision(turn)).toEqual({ kind: 'rest', after: 600 });
  expect(client.requests).toEqual([]);
});

it('measures what is left of a request that it sees first between two times of the API server', async () => {
  const { turn, clock } = turnWith(({ onHeaders }) => {
    onHeaders?.({ date: 'Thu, 01 Jan 2026 00:10:00 GMT' });
    return requestWith({}, '7');
  });
  turn.memory.deadline = undefined;
  clock.advance(1_234);
  expect(await awaitDecision(turn)).toEqual({ kind: 'rest', after: 5 * 60_000 });
});

it('declares a request expired only as it has read it; a decision that came first counts', async () => {
  const decided = {
    decision: 'Rejected',
    decidedBy: 'jane',
    decidedAt: requestedAt,
    decidedUnder: 'i',
  } as const;
  const { turn, clock, client } = turnWith(({ method, path }) => {
    if (method === 'PATCH' && path.includes('/aiapprovalrequests/')) throw refusal(409, 'Conflict');
    return method === 'GET' ? requestWith(decided, '8') : analysis;
  });
  clock.advance(1_000);
  expect(await awaitDecision(turn)).toEqual({ kind: 'goOn', analysis });
  await awaitDecision(turn);
  const [expiry, read, report] = client.requests;
  expect(expiry?.body).toMatchObject({
    metadata: { resourceVersion: '7' },
    status: { conditions: [{ type: 'Expired', status: 'True' }] },
  });
  expect(read).toMatchObject({ method: 'GET' });
  expect(report?.body).toMatchObject({ status: { phase: 'rejected', rejectedBy: 'jane' } });
  expect(client.requests).toHaveLength(3);
});

it('a request that is gone is asked again, with the time that it had', async () => {
  const { turn, clock, client } = turnWith(({ method, path }) => {
    if (method !== 'POST' && path.includes('/aiapprovalrequests/')) throw refusal(404, 'NotFound');
    return requestWith({}, '9');
  });
  clock.advance(1_000);
  await awaitDecision(turn);
  await awaitDecision(turn);
  expect(client.requests.map(({ method }) => method)).toEqual(['PATCH', 'GET', 'POST']);
  expect(client.requests.at(-1)?.body).toMatchObject({ metadata: { name }, spec: { requestedAt } });
});
