import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AIAnalysis } from '../../../src/api/ai-analysis.ts';
import type { AIApprovalRequest } from '../../../src/api/ai-approval-request.ts';
import { approvalAnnotations as names } from '../../../src/api/approval-annotations.ts';
import type { WorkflowExecution } from '../../../src/api/workflow-execution.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import { makeAnalysis, makeRecommendations } from '../../builders/analysis-builder.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { eventually } from '../../cluster/eventually.ts';
import { startInstalledCluster, type InstalledCluster } from '../../cluster/installed-cluster.ts';
import type { UserName } from '../../cluster/users.ts';
import { configure } from '../configure.ts';
import { causesOf, outcomesOf, refusalOf } from '../refusal.ts';
import { createAnalysisGround, type AnalysisGround, type Asked, type Question } from './analysis-ground.ts';
import { grantAnalysisRights } from './analysis-rights.ts';
import { decisionWrites } from './decision-writes.ts';

/** BR-WF-169: what an analysis recommends runs only once a person has approved it, and that cannot be forged. */
let cluster: InstalledCluster;
let ground: AnalysisGround;
/** Approved by a forger, while no webhook was there to see it. */
let fromBefore: Asked;

beforeAll(async () => {
  cluster = await startInstalledCluster({
    controllerManager: false,
    replicas: 1,
    async before(controlPlane) {
      ground = createAnalysisGround(controlPlane);
      await grantAnalysisRights(ground.actors.admin.client);
      fromBefore = await ground.ask();
      const forged = { ...approval, decidedBy: 'approver', decidedAt: long, decidedUnder: 'x' };
      await ground.actors.developer.requests.mergePatch(fromBefore.name, { status: forged }, 'status');
    },
  });
});

afterAll(async () => {
  ground?.close();
  await cluster?.stop();
});

const approval = { decision: 'Approved' };
const rejection = { decision: 'Rejected', message: 'not on a Friday' };
const long = '2026-01-01T00:00:00.000Z';

const expired = {
  type: 'Expired',
  status: 'True',
  reason: 'NobodyDecided',
  message: '',
  lastTransitionTime: long,
};

async function statusOf({ name }: Asked, namespace = 'default') {
  return (await ground.actor('admin', namespace).requests.get<AIApprovalRequest>(name)).status ?? {};
}

async function decide({ name }: Asked, user: UserName = 'approver', status: object = approval) {
  return ground.actors[user].requests.mergePatch<AIApprovalRequest>(name, { status }, 'status');
}

async function approved(question?: Question): Promise<Asked> {
  const asked = await ground.ask(question);
  await decide(asked);
  return asked;
}

describe('a decision', () => {
  it.each(Object.entries(decisionWrites))(
    'is stamped with who has made it and when, whatever was sent, by %s',
    async (_, write) => {
      const asked = await ground.ask();
      const forged = { ...approval, decidedBy: 'admin', decidedAt: long, decidedUnder: 'x', message: 'go' };
      await write(ground.actors.approver.requests, asked.name, forged, 'status');
      const { decidedBy, decidedAt, decidedUnder, message } = await statusOf(asked);
      expect({ decidedBy, message }).toEqual({ decidedBy: 'approver', message: 'go' });
      expect(Math.abs(Date.parse(decidedAt ?? '') - Date.now())).toBeLessThan(60_000);
      expect(decidedUnder).toMatch(/^[0-9a-f]{8}-/);
    },
  );

  it('may be a rejection, with a reason', async () => {
    const asked = await ground.ask();
    await decide(asked, 'approver', rejection);
    expect(await statusOf(asked)).toMatchObject({ ...rejection, decidedBy: 'approver' });
  });

  it('is what kubectl shows', async () => {
    const asked = await approved();
    const { stdout } = await cluster.controlPlane.kubectl(['get', 'aiapproval', asked.name]);
    expect(stdout).toMatch(/ANALYSIS +STEPS +DECISION +DECIDED-BY +EXPIRED +TIMEOUT +WHY +AGE/);
    expect(stdout).toMatch(/outage-\d+ +12 +Approved +approver +15m +12 steps are more than 10/);
  });
});

describe('a decision that is not to be made', () => {
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

  it.each<[string, UserName, Question, object, string]>([
    ['without any right', 'nobody', {}, approval, 'NoRightToApprove'],
    ['a rejection without the right', 'nobody', {}, rejection, 'NoRightToApprove'],
    ['by who may write all the rest', 'developer', {}, approval, 'NoRightToApprove'],
    ['on requests alone', 'nobody', { namespace: 'only-requests' }, approval, 'NoRightToApprove'],
    ['on workflows alone', 'nobody', { namespace: 'only-workflows' }, approval, 'NoRightToApprove'],
    ['by the controller, with every right', 'controller', {}, approval, 'DeciderIsController'],
    ['by none of the reviewers', 'admin', { reviewer: { users: ['approver'] } }, approval, 'NotAReviewer'],
    [
      'by a reviewer without the right',
      'nobody',
      { reviewer: { users: ['nobody'] } },
      approval,
      'NoRightToApprove',
    ],
    ['too late', 'approver', { requestedAt: ago(16) }, approval, 'RequestExpired'],
    ['a rejection too late', 'approver', { requestedAt: ago(16) }, rejection, 'RequestExpired'],
    ['in other words', 'approver', {}, { decision: 'approved' }, 'FieldValueNotSupported'],
    ['in no words', 'approver', {}, { decision: '' }, 'FieldValueNotSupported'],
  ])('is refused: %s', async (_, user, question, status, reason) => {
    const asked = await ground.ask(question);
    const namespace = question.namespace ?? 'default';
    const { requests } = ground.actor(user, namespace);
    for (const write of Object.values(decisionWrites)) {
      const refusal = await refusalOf(write(requests, asked.name, status, 'status'));
      expect(causesOf(refusal)[0]).toBe(reason);
    }
    expect(await statusOf(asked, namespace)).toEqual({});
  });

  it.each(['users', 'groups'] as const)('is made by one of the reviewers, named by %s', async (by) => {
    const asked = await ground.ask({ reviewer: { [by]: [by === 'users' ? 'approver' : 'approvers'] } });
    await decide(asked);
    expect(await statusOf(asked)).toMatchObject(approval);
  });

  it('is refused once the controller has declared it expired, and nobody can take that back', async () => {
    const asked = await ground.ask();
    const declare = async (user: UserName, conditions: readonly object[]) =>
      ground.actors[user].requests.mergePatch(asked.name, { status: { conditions } }, 'status');
    expect((await refusalOf(declare('approver', [expired]))).message).toContain('stepgate-approval-request');
    await declare('controller', [expired]);
    expect(causesOf(await refusalOf(decide(asked)))).toEqual(['RequestExpired']);
    await refusalOf(declare('approver', []));
    await refusalOf(declare('controller', [{ ...expired, status: 'False' }]));
    expect((await statusOf(asked)).conditions).toEqual([expired]);
  });

  it.each(Object.entries(decisionWrites))(
    'does not come about through the object itself, by %s',
    async (_, write) => {
      const asked = await ground.ask();
      for (const user of ['approver', 'developer', 'admin'] as const) {
        await write(ground.actors[user].requests, asked.name, { ...approval, decidedBy: 'approver' });
      }
      expect(await statusOf(asked)).toEqual({});
    },
  );

  it('does not come with the create of a request, not even of the controller', async () => {
    const { request, analysis } = await ground.ask();
    const { spec, kind, apiVersion } = request;
    const forged = {
      apiVersion,
      kind,
      metadata: { name: `${analysis.metadata.name}-again` },
      spec,
      status: approval,
    };
    const created = await ground.actors.controller.requests.create<AIApprovalRequest>(forged);
    expect(created.status).toBeUndefined();
  });

  it('is not made by who has written the recommendations, where another must', async () => {
    await configure(cluster, { 'require-different-approver': 'true' });
    const asked = await ground.ask({ author: 'admin' });
    const refusal = await refusalOf(decide(asked, 'admin'));
    await configure(cluster, {});
    expect(causesOf(refusal)).toEqual(['ApproverIsCreator']);
    await decide(asked, 'admin');
  });

  it('without a decision stamps and a message say nothing', async () => {
    const asked = await ground.ask();
    const status = { decidedBy: 'approver', decidedAt: long, decidedUnder: 'x', message: 'approved!' };
    await ground.actors.developer.requests.mergePatch(asked.name, { status }, 'status');
    expect(await statusOf(asked)).toEqual({});
  });
});

describe('what was decided', () => {
  it.each<[string, object]>([
    ['another decision', { decision: 'Approved' }],
    ['no decision', { decision: null }],
    ['another decider', { decidedBy: 'nobody' }],
    ['another time', { decidedAt: long }],
    ['another installation', { decidedUnder: 'x' }],
    ['another reason', { message: 'never mind' }],
  ])('stays: %s is refused to everybody', async (_, status) => {
    const asked = await ground.ask();
    await decide(asked, 'approver', rejection);
    const before = await statusOf(asked);
    for (const user of ['approver', 'developer', 'controller', 'admin'] as const) {
      await refusalOf(decide(asked, user, status));
      expect(await statusOf(asked)).toEqual(before);
    }
  });

  it('cannot be removed with the whole status', async () => {
    const asked = await approved();
    const remove = [{ op: 'remove', path: '/status' }];
    await refusalOf(ground.actors.admin.requests.jsonPatch(asked.name, remove, 'status'));
    expect(await statusOf(asked)).toMatchObject(approval);
  });
});

describe('of writes that race', () => {
  it('one decision wins, and every later one that differs is refused', async () => {
    const asked = await ground.ask();
    const decisions = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'Approved' : 'Rejected'));
    const { granted, refused } = await outcomesOf(
      decisions.map((decision) => decide(asked, 'approver', { decision })),
    );
    const { decision } = await statusOf(asked);
    expect(granted.map(({ status }) => status?.decision)).toEqual(granted.map(() => decision));
    expect(granted.length + refused.length).toBe(10);
    expect(refused.length).toBeGreaterThanOrEqual(5);
  });

  it('a decision or the expiry wins', async () => {
    for (let round = 0; round < 5; round += 1) {
      const asked = await ground.ask();
      const { granted } = await outcomesOf([
        decide(asked),
        ground.actors.controller.requests.mergePatch(
          asked.name,
          { status: { conditions: [expired] } },
          'status',
        ),
      ]);
      expect(granted).toHaveLength(1);
      const { decision, conditions } = await statusOf(asked);
      expect([decision, ...(conditions ?? [])]).toHaveLength(decision === undefined ? 2 : 1);
    }
  });
});

describe('a request', () => {
  it('is created by the controller alone', async () => {
    const { request } = await ground.ask();
    const { spec, kind, apiVersion } = request;
    for (const user of ['developer', 'admin'] as const) {
      const forged = { apiVersion, kind, metadata: { name: 'forged' }, spec };
      const refusal = await refusalOf(ground.actors[user].requests.create(forged));
      expect(refusal).toMatchObject({ code: 403, message: expect.stringContaining('created by') });
    }
  });

  it('shows for ever what it has shown, down to a parameter of a step', async () => {
    const { name, request } = await ground.ask();
    const change = [
      { op: 'replace', path: '/spec/workflow/spec/steps/7/parameters/replicas', value: 4 },
      { op: 'add', path: '/spec/workflow/spec/steps/7/parameters/force', value: true },
    ];
    for (const user of ['developer', 'controller', 'admin'] as const) {
      for (const operation of change) {
        expect((await refusalOf(ground.actors[user].requests.jsonPatch(name, [operation]))).code).toBe(422);
      }
    }
    const stored = await ground.actors.admin.requests.get<AIApprovalRequest>(name);
    expect(stored.spec).toEqual(request.spec);
  });
});

describe('an analysis that is decided on', () => {
  it.each<[string, UserName, object]>([
    [
      'another parameter',
      'developer',
      { recommendations: [{ ...makeRecommendations(1)[0], parameters: { replicas: 9 } }] },
    ],
    ['other recommendations, by the controller', 'controller', { recommendations: makeRecommendations(3) }],
    ['no recommendations', 'admin', { recommendations: null }],
    ['other findings', 'developer', { approvalContext: { investigationSummary: 'all is well' } }],
    ['a step back', 'controller', { phase: 'analyzing' }],
    ['no phase', 'developer', { phase: null }],
    ['another request', 'controller', { approvalRequestName: 'another' }],
    ['an outcome of its analyser', 'developer', { approvalStatus: 'Approved' }],
    ['a phase of the controller', 'developer', { phase: 'approved' }],
    ['a workflow', 'developer', { workflowExecutionRef: { name: 'a', uid: 'b' } }],
  ])('does not get %s', async (_, user, status) => {
    const { analysis } = await ground.ask({ steps: 2 });
    const { name } = analysis.metadata;
    await refusalOf(ground.actors[user].analyses.mergePatch(name, { status }, 'status'));
    expect((await ground.actors.admin.analyses.get<AIAnalysis>(name)).status).toEqual(analysis.status);
  });

  it('keeps its account and its namespace from the beginning', async () => {
    const { analysis } = await ground.ask();
    for (const spec of [{ serviceAccountName: 'other' }, { targetNamespace: 'other' }]) {
      const edit = ground.actors.admin.analyses.mergePatch(analysis.metadata.name, { spec });
      expect((await refusalOf(edit)).code).toBe(422);
    }
  });

  it('says who has recommended what, whatever was sent, and keeps what it does not know', async () => {
    const { analyses } = ground.actors.developer;
    await analyses.create({ ...makeAnalysis('stamped'), spec: { signal: { severity: 'high' } } });
    const recommendations = [{ ...makeRecommendations(1)[0], model: 'x-9' }];
    const write = async (status: object) => analyses.mergePatch<AIAnalysis>('stamped', { status }, 'status');
    const written = await write({ recommendations, recommendedBy: 'admin', tokens: 17 });
    expect(written.spec).toEqual({ signal: { severity: 'high' } });
    expect(written.status).toEqual({
      recommendations,
      recommendedBy: 'developer',
      authors: ['developer'],
      tokens: 17,
    });
    expect((await write({ recommendedBy: 'admin' })).status?.recommendedBy).toBe('developer');
    expect((await write({ recommendedBy: null })).status?.recommendedBy).toBe('developer');
  });

  it("does not borrow the controller's right to use an account", async () => {
    const named = makeAnalysis('powerful', {}, { serviceAccountName: 'cluster-admin' });
    const { admin, developer } = ground.actors;
    expect(causesOf(await refusalOf(developer.analyses.create(named)))).toEqual(['ServiceAccountNotAllowed']);
    await admin.analyses.create(named);
    const status = { recommendations: makeRecommendations(1) };
    const write = developer.analyses.mergePatch('powerful', { status }, 'status');
    expect(causesOf(await refusalOf(write))).toEqual(['ServiceAccountNotAllowed']);
    const raise = { approvalContext: { confidenceScore: 1 } };
    expect(
      causesOf(await refusalOf(developer.analyses.mergePatch('powerful', { status: raise }, 'status'))),
    ).toEqual(['ServiceAccountNotAllowed']);
  });

  it('names everybody who has written what it recommends, or how sure it is', async () => {
    const { admin, developer } = ground.actors;
    await developer.analyses.create(makeAnalysis('raised'));
    const write = async (actor: typeof admin, status: object) =>
      actor.analyses.mergePatch<AIAnalysis>('raised', { status }, 'status');
    await write(developer, {
      recommendations: makeRecommendations(12),
      approvalContext: { confidenceScore: 0.5 },
    });
    const raised = await write(admin, { approvalContext: { confidenceScore: 1 }, authors: ['developer'] });
    expect(raised.status?.authors).toEqual(['developer', 'admin']);
  });

  it('names who has created it, and nobody can name another', async () => {
    const { admin, developer } = ground.actors;
    const draft = makeAnalysis('created');
    const forged = { ...draft, metadata: { ...draft.metadata, annotations: { [names.createdBy]: 'admin' } } };
    const created = await developer.analyses.create<AIAnalysis>(forged);
    expect(created.metadata.annotations).toEqual({ [names.createdBy]: 'developer' });
    for (const by of ['admin', null]) {
      const metadata = { annotations: { [names.createdBy]: by } };
      const refusal = await refusalOf(admin.analyses.mergePatch('created', { metadata }));
      expect(refusal.message).toContain('created-by is immutable');
    }
  });

  it('is approved by its creator no more than by who recommends, where another must', async () => {
    await configure(cluster, { 'require-different-approver': 'true' });
    const asked = await ground.ask({ creator: 'admin', author: 'developer' });
    const refusal = await refusalOf(decide(asked, 'admin'));
    await configure(cluster, {});
    expect(asked.request.spec.authors).toEqual(['developer', 'admin']);
    expect(causesOf(refusal)).toEqual(['ApproverIsCreator']);
  });

  it('is said to be done only by who may use its account', async () => {
    const { admin, developer } = ground.actors;
    await admin.analyses.create(makeAnalysis('unfinished', {}, { serviceAccountName: 'cluster-admin' }));
    const recommendations = makeRecommendations(1);
    await admin.analyses.mergePatch('unfinished', { status: { recommendations } }, 'status');
    const end = developer.analyses.mergePatch('unfinished', { status: { phase: 'analyzing' } }, 'status');
    expect(causesOf(await refusalOf(end))).toEqual(['ServiceAccountNotAllowed']);
  });

  it('shows no characters that deceive whoever decides', async () => {
    const { developer } = ground.actors;
    await developer.analyses.create(makeAnalysis('deceiving'));
    const status = { approvalContext: { investigationSummary: 'all is well\u202e' } };
    const refusal = await refusalOf(developer.analyses.mergePatch('deceiving', { status }, 'status'));
    expect(causesOf(refusal)).toEqual(['CharacterNotAllowed']);
    expect(refusal.message).toContain('status.approvalContext.investigationSummary has the character U+202E');
  });

  it('takes no decision from a ServiceAccount that has the rights, unless a setting says so', async () => {
    const asked = await ground.ask();
    const refusal = await refusalOf(decide(asked, 'webhook'));
    expect(causesOf(refusal)).toEqual(['DeciderIsServiceAccount']);
  });
});

describe('the workflow of an approved request', () => {
  const step = (workflow: string, replicas: number) =>
    makeExecution(`${workflow}-step-1-${replicas}`)
      .of(workflow)
      .withSpec({ parameters: { deployment: 'shop-1', replicas } })
      .build();

  it('is approved by the person who has decided, without a second question, and runs that alone', async () => {
    const asked = await approved();
    const { controller, developer } = ground.actors;
    const workflow = await controller.workflows.create<WorkflowExecution>(ground.workflowOf(asked));
    const { decidedAt } = await statusOf(asked);
    const { specHash } = asked.request.spec.workflow;
    expect(workflow.metadata.annotations).toMatchObject({
      [names.approved]: specHash,
      [names.approvedBy]: 'approver',
      [names.approvedAt]: decidedAt,
      [names.approvedSpec]: specHash,
      [names.request]: asked.name,
      [names.required]: 'true',
    });
    expect(causesOf(await refusalOf(developer.executions.create(step(asked.name, 4))))).toEqual([
      'NotTheApprovedStep',
    ]);
    await developer.executions.create(step(asked.name, 3));
    const { stdout } = await cluster.controlPlane.kubectl(['get', 'wfe', asked.name]);
    expect(stdout).toContain('approver');
    await eventually('an Event says who has approved it', async () => {
      const { stdout: events } = await cluster.controlPlane.kubectl(['get', 'events.events.k8s.io']);
      return events.includes(`approver approved ${specHash} in AIApprovalRequest ${asked.name}`);
    });
  });

  it('loses that approval with an edit, the reference too', async () => {
    const asked = await approved();
    const { controller, developer } = ground.actors;
    await controller.workflows.create(ground.workflowOf(asked));
    const edit = [{ op: 'replace', path: '/spec/steps/0/parameters/replicas', value: 4 }];
    const { metadata } = await developer.workflows.jsonPatch<WorkflowExecution>(asked.name, edit);
    expect(metadata.annotations).not.toHaveProperty([names.approvedBy]);
    expect(metadata.annotations).not.toHaveProperty([names.request]);
    expect(causesOf(await refusalOf(developer.executions.create(step(asked.name, 4))))).toEqual([
      'ApprovalRequired',
    ]);
  });

  it.each(['developer', 'admin'] as const)(
    "is nobody else's to create: that of %s awaits approval",
    async (user) => {
      const asked = await approved();
      const draft = ground.workflowOf(asked);
      const workflow = await ground.actors[user].workflows.create<WorkflowExecution>(draft);
      expect(workflow.metadata.annotations).not.toHaveProperty([names.approved]);
      expect(workflow.metadata.annotations).not.toHaveProperty([names.request]);
      const execution = ground.actors.developer.executions.create(step(asked.name, 3));
      expect(causesOf(await refusalOf(execution))).toEqual(['ApprovalRequired']);
    },
  );

  it('cannot be claimed by an update', async () => {
    const asked = await approved();
    const { controller } = ground.actors;
    const { metadata, ...rest } = ground.workflowOf(asked);
    await controller.workflows.create({ ...rest, metadata: { name: asked.name } });
    const { annotations } = metadata;
    const claim = controller.workflows.mergePatch(asked.name, { metadata: { annotations } });
    expect(causesOf(await refusalOf(claim))).toEqual(['StampForged']);
  });

  type Forge = (asked: Asked) => Promise<object>;
  const changed =
    (change: (draft: ReturnType<AnalysisGround['workflowOf']>) => object): Forge =>
    async (asked) => {
      await decide(asked);
      return change(ground.workflowOf(asked));
    };
  it.each<[string, Forge, string]>([
    ['was not decided on', async (asked) => ground.workflowOf(asked), 'it was not approved'],
    [
      'was rejected',
      async (asked) => {
        await decide(asked, 'approver', rejection);
        return ground.workflowOf(asked);
      },
      'it was not approved',
    ],
    [
      'was approved before there was a webhook',
      async () => ground.workflowOf(fromBefore),
      'under this installation',
    ],
    [
      'is for another spec',
      changed((draft) => ({ ...draft, spec: { steps: [{ stepNumber: 1, action: 'x' }] } })),
      'it is for the spec',
    ],
    [
      'is for another name',
      changed((draft) => ({ ...draft, metadata: { ...draft.metadata, name: 'other' } })),
      'it is for workflow',
    ],
    [
      'is for a name yet to be generated',
      changed(({ metadata: { name, ...metadata }, ...draft }) => ({
        ...draft,
        metadata: { ...metadata, generateName: `${name}-` },
      })),
      'it is for workflow',
    ],
    [
      'is of another analysis',
      changed((draft) => ({ ...draft, metadata: { ...draft.metadata, ownerReferences: [] } })),
      'does not own',
    ],
    [
      'does not exist',
      changed((draft) => ({
        ...draft,
        metadata: { ...draft.metadata, annotations: { [names.request]: 'none' } },
      })),
      'no such request',
    ],
    [
      'has had its workflow',
      async (asked) => {
        await decide(asked);
        const { controller, admin } = ground.actors;
        const { metadata } = await controller.workflows.create<WorkflowExecution>(ground.workflowOf(asked));
        const workflowExecutionRef = { name: metadata.name, uid: metadata.uid };
        const status = { phase: 'approved', workflowExecutionRef };
        await controller.analyses.mergePatch(asked.analysis.metadata.name, { status }, 'status');
        await admin.workflows.delete(asked.name);
        return ground.workflowOf(asked);
      },
      'has had its workflow',
    ],
    [
      'is of an analysis that is gone',
      async (asked) => {
        await decide(asked);
        await ground.actors.admin.analyses.delete(asked.analysis.metadata.name);
        return ground.workflowOf(asked);
      },
      'is gone',
    ],
  ])('is not created, not even by the controller, where the request %s', async (_, forge, why) => {
    const draft = await forge(await ground.ask());
    const refusal = await refusalOf(ground.actors.controller.workflows.create(draft));
    expect(causesOf(refusal)).toEqual(['NotTheApprovedWorkflow']);
    expect(refusal.message).toContain(why);
  });
});

describe('while no replica can be reached', () => {
  let asked: Asked;
  beforeAll(async () => {
    asked = await ground.ask({ unstamped: true });
    await cluster.replicas[0]?.child.kill();
  });

  it('nobody decides, but the controller and the garbage collector go on', async () => {
    expect((await refusalOf(decide(asked))).code).toBe(500);
    const { requests, analyses } = ground.actors.controller;
    await requests.mergePatch(asked.name, { metadata: { finalizers: ['example.org/wait'] } });
    await requests.mergePatch(asked.name, { status: { conditions: [expired] } }, 'status');
    await requests.mergePatch(asked.name, { metadata: { finalizers: null } });
    const status = {
      phase: 'rejected',
      approvalStatus: 'Rejected',
      rejectionReason: 'nobody has decided in time',
    };
    await analyses.mergePatch(asked.analysis.metadata.name, { status }, 'status');
    await requests.delete(asked.name);
  });
});

describe('an installation without these kinds', () => {
  beforeAll(async () => {
    const crds = ['aianalyses', 'aiapprovalrequests'].map(
      (plural) => `crd/${plural}.aianalysis.kubernaut.io`,
    );
    await cluster.controlPlane.kubectl(['delete', ...crds]);
    await cluster.replace(0);
  });

  it('gets ready, and approves workflows by annotation', async () => {
    const { admin, controller } = ground.actors;
    const [small, big] = [makeWorkflow('small').steps(1).build(), makeWorkflow('by-hand').steps(12).build()];
    await admin.workflows.create(small);
    await admin.workflows.create(big);
    const annotations = { [names.approved]: 'true' };
    const approvedBy = await admin.workflows.mergePatch<WorkflowExecution>('by-hand', {
      metadata: { annotations },
    });
    expect(approvedBy.metadata.annotations).toMatchObject({ [names.approvedBy]: 'admin' });
    const claim = makeWorkflow('claims').annotate(names.request, 'any').steps(12).build();
    expect(causesOf(await refusalOf(controller.workflows.create(claim)))).toEqual(['NotTheApprovedWorkflow']);
  });
});
