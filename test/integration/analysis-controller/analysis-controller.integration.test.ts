import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AIAnalysis, AIAnalysisStatus, Recommendation } from '../../../src/api/ai-analysis.ts';
import type { AIApprovalRequest } from '../../../src/api/ai-approval-request.ts';
import { approvalAnnotations } from '../../../src/api/approval-annotations.ts';
import { kubernetesExecutionKind } from '../../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { remediationName } from '../../../src/policy/analysis/remediation-name.ts';
import { analysisController } from '../../../sdk/analysis/analysis-controller.ts';
import { createManager } from '../../../sdk/manager/manager.ts';
import type { Manager, ManagerOptions } from '../../../sdk/manager/manager-options.ts';
import { makeAnalysis, makeRecommendations } from '../../builders/analysis-builder.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import { keepLogs } from '../../builders/logs.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { eventually } from '../../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { kindClient } from '../../cluster/kind-client.ts';
import { users } from '../../cluster/users.ts';
import { type AnalysisNamespace, letApproversDecide, openAnalysisNamespace } from './analysis-namespace.ts';

// From an analysis to its end, with the controller's own rights, against the real webhook. Nobody runs the workflows: the
// test settles them.

let cluster: InstalledCluster;
let admin: KubeClient;
let approver: KubeClient;
let namespace: AnalysisNamespace;
let manager: Manager;
let tests = 0;

const hour = 3_600_000;

beforeAll(async () => {
  cluster = await startInstalledCluster({ replicas: 1, controllerManager: false });
  admin = createKubeClient(cluster.controlPlane.kubeConfig());
  approver = createKubeClient(cluster.controlPlane.kubeConfig('approver'));
  await letApproversDecide(admin);
});
afterAll(async () => {
  admin?.close();
  approver?.close();
  await cluster?.stop();
});
beforeEach(async () => {
  tests += 1;
  namespace = await openAnalysisNamespace(admin, approver, `analyses-${tests}`);
  manager = await startManager();
});
afterEach(() => manager.stop());

async function startManager(options: Partial<ManagerOptions> = {}): Promise<Manager> {
  const started = createManager({
    kubeConfig: cluster.controlPlane.kubeConfig('controller'),
    controllers: [analysisController()],
    leaderElection: { enabled: false },
    metricsPort: 0,
    host: '127.0.0.1',
    logger: keepLogs().logger,
    ...options,
  });
  await started.start();
  await started.elected();
  return started;
}

const sure: AIAnalysisStatus = { approvalContext: { confidenceScore: 0.95 } };
const conditionsOf = ({ status }: AIAnalysis): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]),
  );

async function metric(name: string): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${manager.metricsPort}/metrics`)).text();
  return text
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.split(' ')
    .at(-1);
}

async function eventReasons(): Promise<readonly string[]> {
  const { items } = await admin.request<{ readonly items: readonly { readonly reason: string }[] }>({
    method: 'GET',
    path: `/apis/events.k8s.io/v1/namespaces/${namespace.name}/events`,
    query: { fieldSelector: 'regarding.kind=AIAnalysis' },
  });
  return items.map(({ reason }) => reason);
}

describe('BR-WF-169: an analysis of ten steps or fewer that is sure', () => {
  it('starts its workflow at once, and ends as that does', async () => {
    await namespace.analyse('small', { ...sure, recommendations: makeRecommendations(10) });
    const approved = await namespace.reaches(
      'small',
      'approved',
      (status) => status.workflowExecutionRef !== undefined,
    );
    const name = remediationName(approved.metadata as { name: string; uid: string });
    expect(approved.status).toMatchObject({ approvalStatus: 'NotRequired', workflowExecutionRef: { name } });
    expect(approved.status).not.toHaveProperty('approvalRequestName');
    const workflow = await namespace.workflowOf(approved);
    expect(workflow.metadata.ownerReferences).toEqual([
      expect.objectContaining({
        kind: 'AIAnalysis',
        name: 'small',
        uid: approved.metadata.uid,
        controller: true,
      }),
    ]);
    expect(workflow.spec.steps).toHaveLength(10);
    expect(workflow.spec.steps?.[1]).toEqual({
      stepNumber: 2,
      name: 'fix-2',
      action: 'scale_deployment',
      parameters: { deployment: 'shop-2', replicas: 3 },
      dependencies: ['1'],
    });
    await namespace.settle(approved, 'completed', 'all is well');
    const completed = await namespace.reaches('small', 'completed');
    expect(completed.status?.message).toBe(`WorkflowExecution ${name} is completed: all is well`);
    expect(conditionsOf(completed)).toEqual({ Progressing: 'False Completed', Approved: 'True NotRequired' });
    expect(await namespace.allRequests()).toEqual([]);
  });

  it('fails as its workflow does, and where that was deleted', async () => {
    for (const name of ['unlucky', 'bereft'])
      await namespace.analyse(name, { ...sure, recommendations: makeRecommendations(1) });
    const started = (status: AIAnalysisStatus): boolean => status.workflowExecutionRef !== undefined;
    await namespace.settle(await namespace.reaches('unlucky', 'approved', started), 'failed');
    const bereft = await namespace.reaches('bereft', 'approved', started);
    await namespace.workflows.delete(bereft.status?.workflowExecutionRef?.name ?? '');
    expect(conditionsOf(await namespace.reaches('unlucky', 'failed'))['Progressing']).toBe(
      'False WorkflowFailed',
    );
    expect(conditionsOf(await namespace.reaches('bereft', 'failed'))['Progressing']).toBe(
      'False WorkflowDeleted',
    );
    expect(await namespace.allWorkflows()).toHaveLength(1);
  });
});

describe('BR-WF-169: an analysis of more than ten steps', () => {
  it('asks a person, and starts the very workflow that was shown, approved by that person', async () => {
    const recommendations = makeRecommendations(12);
    await namespace.analyse('large', { ...sure, recommendations }, { serviceAccountName: 'stepgate-runner' });
    const request = await namespace.requestOf('large');
    expect(request.spec).toMatchObject({
      aiAnalysisRef: { name: 'large' },
      reason: '12 steps are more than the 10 that need no approval',
      investigation: { confidenceScore: 0.95 },
      workflow: { name: request.metadata.name, stepCount: 12 },
      timeout: '15m',
    });
    const asked = await namespace.reaches('large', 'approving');
    expect(asked.status).toMatchObject({
      approvalStatus: 'Pending',
      approvalRequestName: request.metadata.name,
      approvalRequestedAt: request.spec.requestedAt,
      approvalContext: { whyApprovalRequired: request.spec.reason, confidenceScore: 0.95 },
    });
    expect(asked.status?.message).toContain(`kubectl patch aiapproval ${request.metadata.name}`);
    expect(await namespace.allWorkflows()).toEqual([]);

    const decided = await namespace.decide(request, 'Approved', 'go ahead');
    const approved = await namespace.reaches('large', 'approved');
    expect(approved.status).toMatchObject({
      approvalStatus: 'Approved',
      approvedBy: users.approver.name,
      approvalTime: decided.status?.decidedAt,
      approvalMethod: 'AIApprovalRequest',
      workflowExecutionRef: { name: request.metadata.name },
    });
    const workflow = await namespace.workflowOf(approved);
    expect(workflow.spec).toEqual(request.spec.workflow.spec);
    expect(workflow.metadata.annotations).toMatchObject({
      [approvalAnnotations.request]: request.metadata.name,
      [approvalAnnotations.approvedBy]: users.approver.name,
      [approvalAnnotations.approvedSpec]: request.spec.workflow.specHash,
    });
    // The gate asks nobody a second time.
    const execution = makeExecution('first')
      .of(request.metadata.name ?? '')
      .withSpec({
        stepNumber: 1,
        action: 'scale_deployment',
        parameters: { deployment: 'shop-1', replicas: 3 },
        serviceAccountName: 'stepgate-runner',
      });
    const executions = kindClient(admin, kubernetesExecutionKind, namespace.name);
    await executions.create(execution.build());
    await namespace.settle(approved, 'completed');
    await namespace.reaches('large', 'completed');
    expect(await metric('aianalysis_approval_requests_created_total')).toBe('1');
    expect(await metric('aianalysis_approval_decisions_total{decision="Approved"}')).toBe('1');
    expect(await metric('aianalysis_approval_latency_seconds_count')).toBe('1');
    await eventually('its Events are there', async () => {
      const reasons = await eventReasons();
      return ['ApprovalRequested', 'WorkflowStarted', 'Completed'].every((reason) =>
        reasons.includes(reason),
      );
    });
  });

  it('that is rejected runs nothing, and says who and why', async () => {
    await namespace.analyse('unwanted', { ...sure, recommendations: makeRecommendations(11) });
    const decided = await namespace.decide(
      await namespace.requestOf('unwanted'),
      'Rejected',
      'not on a Friday',
    );
    const { status } = await namespace.reaches('unwanted', 'rejected');
    expect(status).toMatchObject({
      approvalStatus: 'Rejected',
      rejectedBy: users.approver.name,
      rejectionReason: 'not on a Friday',
      approvalTime: decided.status?.decidedAt,
      message: `Rejected by ${users.approver.name}: not on a Friday`,
    });
    expect(status).not.toHaveProperty('approvedBy');
    expect(await namespace.allWorkflows()).toEqual([]);
  });
});

it.each<[string, AIAnalysisStatus, string]>([
  ['unsure', { approvalContext: { confidenceScore: 79 } }, 'a confidence of 0.79 is less than 0.8'],
  ['silent', {}, 'the analysis does not say how confident it is'],
])('a small analysis that is %s asks a person', async (name, status, reason) => {
  const recommendations = makeRecommendations(2).map(({ id, action, parameters }) => ({
    id,
    action,
    parameters,
  }));
  await namespace.analyse(name, { ...status, recommendations });
  expect((await namespace.requestOf(name)).spec.reason).toBe(reason);
});

const cases: readonly (readonly [string, Recommendation[], RegExp])[] = [
  [
    'a circle',
    makeRecommendations(3).map((each, index) => (index === 0 ? { ...each, dependencies: ['fix-3'] } : each)),
    /1 .*2 .*3|cycle|circle/i,
  ],
  ['an unknown action', [{ id: 'a', action: 'reboot_the_moon' }], /no action "reboot_the_moon"/],
  ['500 recommendations', makeRecommendations(500), /500 recommendations/],
  ['an id given twice', [...makeRecommendations(2), ...makeRecommendations(1)], /have the id "fix-1"/],
  [
    'parameters that fit no action',
    [{ id: 'a', action: 'scale_deployment', parameters: { deployment: 'cart', replicas: -1 } }],
    /replicas/,
  ],
  ['a dependency on nothing', [{ id: 'a', action: 'job', dependencies: ['b'] }], /"b", which does not exist/],
];

it('what nobody can run fails with the reason, and creates nothing', async () => {
  for (const [index, [, recommendations]] of cases.entries())
    await namespace.analyse(`bad-${index}`, { ...sure, recommendations });
  for (const [index, [what, , reason]] of cases.entries()) {
    const { status } = await namespace.reaches(`bad-${index}`, 'failed');
    expect(status?.message, what).toMatch(reason);
    expect(status, what).not.toHaveProperty('approvalStatus');
  }
  expect(await namespace.allRequests()).toEqual([]);
  expect(await namespace.allWorkflows()).toEqual([]);
});

it('an object of somebody else under its name is left alone, and said', async () => {
  // Nobody knows the uid, and so the name, before the analysis is there.
  const analysis = await namespace.analyses.create<AIAnalysis>(makeAnalysis('squatted'));
  const name = remediationName(analysis.metadata as { name: string; uid: string });
  await namespace.workflows.create(makeWorkflow(name).steps(1).build());
  const status = { phase: 'analyzing', ...sure, recommendations: makeRecommendations(1) };
  await namespace.analyses.mergePatch('squatted', { status }, 'status');
  const failed = await namespace.reaches('squatted', 'failed');
  expect(failed.status?.message).toBe(
    `WorkflowExecution ${name} exists and does not belong to this analysis`,
  );
});

it('what its analyser has not finished is left alone', async () => {
  await namespace.analyse('early', { phase: 'investigating', recommendations: makeRecommendations(1) });
  await namespace.analyse('empty', {});
  await namespace.analyse('ready', { ...sure, recommendations: makeRecommendations(1) });
  await namespace.reaches('ready', 'approved');
  expect(await namespace.analyses.get('early')).toMatchObject({ status: { phase: 'investigating' } });
  expect(await namespace.analyses.get('empty')).toMatchObject({ status: { phase: 'analyzing' } });
});

describe('a request that nobody decides on', () => {
  it('expires, ends its analysis as rejected, and takes no decision any more', async () => {
    await manager.stop();
    manager = await startManager({ environment: { approvalTimeoutMilliseconds: '2s' } });
    await namespace.analyse('forgotten', { ...sure, recommendations: makeRecommendations(11) });
    const { status } = await namespace.reaches('forgotten', 'rejected');
    expect(status).toMatchObject({
      approvalStatus: 'Rejected',
      rejectionReason: 'Nobody has decided within 2s',
    });
    expect(status).not.toHaveProperty('rejectedBy');
    const [request] = await namespace.allRequests();
    expect(request?.status?.conditions).toEqual([
      expect.objectContaining({ type: 'Expired', status: 'True', reason: 'TimedOut' }),
    ]);
    await expect(namespace.decide(request as AIApprovalRequest, 'Approved')).rejects.toThrow(/expired/);
    expect(await metric('aianalysis_approval_decisions_total{decision="Expired"}')).toBe('1');
  });

  it.each([
    ['a day ahead', 24 * hour],
    ['a day behind', -24 * hour],
  ])('is judged by the times of the API server, with a clock that is %s', async (_, skew) => {
    await manager.stop();
    const date = (): Date => new Date(Date.now() + skew);
    const environment = { approvalTimeoutMilliseconds: '4s' };
    manager = await startManager({ date, environment });
    await namespace.analyse('brief', { ...sure, recommendations: makeRecommendations(11) });
    const request = await namespace.requestOf('brief');
    // Another one sees both requests for the first time, one with and one without time left.
    await manager.stop();
    manager = await startManager({ date });
    await namespace.analyse('lasting', { ...sure, recommendations: makeRecommendations(11) });
    const lasting = await namespace.requestOf('lasting');
    const rejected = await namespace.reaches('brief', 'rejected');
    expect(rejected.status?.rejectionReason).toBe('Nobody has decided within 4s');
    const expired = await namespace.requests.get<AIApprovalRequest>(request.metadata.name ?? '');
    expect(expired.status?.decision).toBeUndefined();
    await namespace.decide(lasting, 'Approved');
    await namespace.reaches('lasting', 'approved');
  });
});

it('a controller that starts finds what was decided, what has expired, and what came while none ran', async () => {
  await manager.stop();
  manager = await startManager({ environment: { approvalTimeoutMilliseconds: '3s' } });
  await namespace.analyse('expired', { ...sure, recommendations: makeRecommendations(11) });
  const expired = await namespace.requestOf('expired');
  await manager.stop();
  manager = await startManager();
  for (const name of ['approved', 'rejected'])
    await namespace.analyse(name, { ...sure, recommendations: makeRecommendations(11) });
  const [yes, no] = [await namespace.requestOf('approved'), await namespace.requestOf('rejected')];
  await namespace.analyse('started', { ...sure, recommendations: makeRecommendations(1) });
  const started = await namespace.reaches(
    'started',
    'approved',
    (status) => status.workflowExecutionRef !== undefined,
  );
  await manager.stop();

  await namespace.decide(yes, 'Approved');
  await namespace.decide(no, 'Rejected');
  await namespace.settle(started, 'completed');
  await namespace.analyse('new', { ...sure, recommendations: makeRecommendations(1) });
  const deadline = Date.parse(expired.spec.requestedAt) + 3_000;
  await eventually('the request has no time left', async () => Date.now() > deadline);
  manager = await startManager();
  const { status } = await namespace.reaches('approved', 'approved');
  expect(status?.approvedBy).toBe(users.approver.name);
  await namespace.reaches('rejected', 'rejected');
  await namespace.reaches('expired', 'rejected');
  await namespace.reaches('started', 'completed');
  await namespace.reaches('new', 'approved');
});
