import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { workflowExecutionKind } from '../../src/api/names.ts';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { makeWorkflow, type WorkflowBuilder } from '../builders/workflow-builder.ts';
import { specHash } from '../../src/policy/approval/spec-hash.ts';
import type { UserName } from '../cluster/control-plane.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { kindClient } from '../cluster/kind-client.ts';
import { configure } from './configure.ts';
import { grantRights } from './threat-model/rights.ts';

/** Odd things that people do to an approval, by mistake or in haste: what they are told, and what stays. */
let cluster: InstalledCluster;
const clients = new Map<UserName, KubeClient>();

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  await grantRights(clientOf('admin'));
});

afterAll(async () => {
  for (const client of clients.values()) client.close();
  await cluster?.stop();
});

function clientOf(user: UserName): KubeClient {
  const client = clients.get(user) ?? createKubeClient(cluster.controlPlane.kubeConfig(user));
  clients.set(user, client);
  return client;
}

const as = (user: UserName) => kindClient(clientOf(user), workflowExecutionKind, 'default');

const { approved, approvedBy, approvedSpec, required, stepCount, createdBy } = approvalAnnotations;

/** What kubectl prints on stderr, behind its exit code. */
async function kubectl(user: UserName, args: readonly string[], manifest?: WorkflowBuilder): Promise<string> {
  const input = manifest && { input: JSON.stringify(manifest.build()) };
  const { exitCode, stderr } = await cluster.controlPlane.kubectl(args, { user, ...input });
  return `${exitCode}: ${stderr}`;
}

const write = (verb: string, user: UserName, manifest: WorkflowBuilder, ...flags: string[]) =>
  kubectl(user, [...verb.split(' '), '-f', '-', ...flags], manifest);

const decide = (name: string, value: string, user: UserName = 'approver') =>
  kubectl(user, ['annotate', 'workflowexecution', name, '--overwrite', `${approved}=${value}`]);

/** The code, the reason, the causes' reasons and the message of a refusal; `granted` where there is none. */
async function answerTo(request: Promise<unknown>): Promise<string> {
  try {
    await request;
    return 'granted';
  } catch (error) {
    if (!(error instanceof KubeStatusError)) throw error;
    const { code, reason, details, message } = error.status;
    const causes = (details?.causes ?? []).map((cause) => cause.reason);
    return `${[code, reason, ...causes].join(' ')}: ${message}`;
  }
}

const patchApproved = (name: string, value: string, user: UserName = 'approver') =>
  answerTo(as(user).mergePatch(name, { metadata: { annotations: { [approved]: value } } }));

const big = (name: string) => makeWorkflow(name).steps(12);
const hashOf = (name: string) => specHash(big(name).build().spec);
const otherHash = `sha256:${'0'.repeat(64)}`;

async function annotationsOf(name: string): Promise<Readonly<Record<string, string>>> {
  return (await as('admin').get<WorkflowExecution>(name)).metadata.annotations ?? {};
}

interface Row {
  readonly what: string;
  /** What is there before; by default the developer creates a workflow of twelve steps of that name. */
  readonly before?: (name: string) => Promise<unknown>;
  readonly attempt: (name: string) => Promise<string>;
  /** `0: ` and warnings where kubectl succeeds. */
  readonly says: RegExp;
  /** Annotations that the workflow has afterwards: undefined, it must not have. By default it is not looked at. */
  readonly leaves?: Readonly<Record<string, string | undefined>>;
}

const createBig = (name: string) => write('create', 'developer', big(name));

async function createApproved(name: string): Promise<void> {
  await createBig(name);
  await decide(name, 'true');
}

const decisions: readonly Row[] = [
  {
    what: 'approving what needs no approval is allowed, with a warning',
    before: (name) => write('create', 'developer', makeWorkflow(name).steps(10)),
    attempt: (name) => decide(name, 'true'),
    says: /^0: Warning: \S+ needs no approval\n$/,
    leaves: { [approved]: 'true', [approvedBy]: 'approver', [required]: undefined },
  },
  {
    what: 'approving twice in the same words changes nothing',
    before: createApproved,
    attempt: (name) => decide(name, 'true', 'admin'),
    says: /^0: $/,
    leaves: { [approved]: 'true', [approvedBy]: 'approver' },
  },
  {
    what: 'approving by hash what is approved already leaves who approved it first',
    before: createApproved,
    attempt: (name) => decide(name, hashOf(name), 'admin'),
    says: /^0: $/,
    leaves: { [approvedBy]: 'approver' },
  },
  {
    what: 'approving a workflow that was deleted is a 404',
    before: async (name) => {
      await createBig(name);
      await as('developer').delete(name);
    },
    attempt: (name) => patchApproved(name, 'true'),
    says: /^404 NotFound/,
  },
  {
    what: 'approving one that is being deleted, and held by a finalizer, is a 403',
    before: async (name) => {
      const { metadata, ...rest } = big(name).build();
      await as('developer').create({ ...rest, metadata: { ...metadata, finalizers: ['example.com/hold'] } });
      await as('developer').delete(name);
    },
    attempt: (name) => patchApproved(name, 'true'),
    says: /^403 Forbidden WorkflowIsOver: .*is being deleted: there is nothing to decide/,
    leaves: { [approved]: undefined, [approvedBy]: undefined },
  },
  {
    what: 'approving one that has settled is a 403',
    before: async (name) => {
      await createBig(name);
      await as('developer').mergePatch(name, { status: { phase: 'completed' } }, 'status');
    },
    attempt: (name) => patchApproved(name, 'true'),
    says: /^403 Forbidden WorkflowIsOver: .*has settled: there is nothing to decide/,
    leaves: { [approved]: undefined },
  },
  {
    what: 'the hash of another spec is a 409 with the command that approves what is there',
    attempt: (name) => patchApproved(name, otherHash),
    says: /^409 Conflict SpecChanged: .*kubectl annotate workflowexecution \S+ -n default --overwrite kubernaut\.io\/approved=sha256:[0-9a-f]{64}/,
    leaves: { [approved]: undefined },
  },
  ...['yes', 'TRUE', '', 'sha256:', hashOf('any').toUpperCase()].map((value): Row => ({
    what: `${JSON.stringify(value.slice(0, 12))} decides nothing: a 422`,
    attempt: (name) => patchApproved(name, value),
    says: /^422 Invalid DecisionUnknown: /,
    leaves: { [approved]: undefined },
  })),
  {
    what: 'an approval and an edit of the spec in one request are a 422',
    attempt: (name) =>
      answerTo(
        as('approver').mergePatch(name, {
          metadata: { annotations: { [approved]: 'true' } },
          spec: { serviceAccountName: 'other' },
        }),
      ),
    says: /^422 Invalid ApprovalWithEdit: /,
    leaves: { [approved]: undefined },
  },
  {
    what: 'the second apply of a manifest that carries the annotation is an attempt to approve',
    before: (name) => write('apply', 'developer', big(name).annotate(approved, 'true')),
    attempt: (name) => write('apply', 'developer', big(name).annotate(approved, 'true')),
    says: /^1: .*developer may not decide/s,
    leaves: { [approved]: undefined },
  },
];

/** A manifest that carries stamps, as one does that was exported. */
const exported = (name: string) => big(name).annotate(stepCount, '12').annotate(createdBy, 'developer');
const stamps = { [stepCount]: '12', [createdBy]: 'developer', [required]: 'true' };

const dropped: readonly Row[] = [
  {
    what: 'stamps that kubectl replace leaves out are put back',
    attempt: (name) => write('replace', 'developer', big(name)),
    says: /^0: $/,
    leaves: stamps,
  },
  {
    what: 'stamps that kubectl apply takes away are put back',
    before: (name) => write('apply', 'developer', exported(name)),
    attempt: (name) => write('apply', 'developer', big(name)),
    says: /^0: $/,
    leaves: stamps,
  },
  {
    what: 'stamps that server-side apply takes away are put back',
    before: (name) => write('apply --server-side', 'developer', exported(name)),
    attempt: (name) => write('apply --server-side', 'developer', big(name)),
    says: /^0: $/,
    leaves: stamps,
  },
  {
    what: 'stamps of an approval that apply does not mention stay',
    before: async (name) => {
      await write('apply', 'developer', big(name));
      await decide(name, 'true');
    },
    attempt: (name) => write('apply', 'developer', big(name).label('touched', 'yes')),
    says: /^0: $/,
    leaves: { ...stamps, [approved]: 'true', [approvedBy]: 'approver' },
  },
  {
    what: 'an approval that kubectl replace leaves out is withdrawn, with a warning',
    before: createApproved,
    attempt: (name) => write('replace', 'developer', big(name)),
    says: /^0: Warning: The approval is withdrawn, because kubernaut\.io\/approved was removed\n$/,
    leaves: { ...stamps, [approved]: undefined, [approvedBy]: undefined, [approvedSpec]: undefined },
  },
  {
    what: 'a rejection that kubectl replace leaves out stays, with a warning',
    before: async (name) => {
      await createBig(name);
      await decide(name, 'false');
    },
    attempt: (name) => write('replace', 'developer', big(name)),
    says: /^0: Warning: The rejection stays: it is final for this spec\n$/,
    leaves: { ...stamps, [approved]: 'false', [approvedBy]: 'approver' },
  },
];

const megabyte = 'x'.repeat(1024 * 1024);
/** The API server takes 256 KiB of annotations, keys and values together. */
const tooLong = /^422 Invalid .*Too long: may not be more than 262144 bytes/;

const large: readonly Row[] = [
  {
    what: 'a megabyte where true approves decides nothing, and is not repeated at length',
    attempt: (name) => patchApproved(name, megabyte),
    says: /^422 Invalid DecisionUnknown: .{1,400}$/s,
    leaves: { [approved]: undefined },
  },
  {
    what: 'a megabyte where true approves, from who may not, decides nothing',
    attempt: (name) => patchApproved(name, `true${' '.repeat(1024 * 1024)}`, 'developer'),
    says: /^422 Invalid DecisionUnknown: .{1,400}$/s,
    leaves: { [approved]: undefined },
  },
  {
    what: 'a megabyte of a decision in a manifest is taken off as any decision',
    before: async () => undefined,
    attempt: (name) => answerTo(as('developer').create(big(name).annotate(approved, megabyte).build())),
    says: /^granted$/,
    leaves: { ...stamps, [approved]: undefined },
  },
  {
    what: 'a megabyte in a stamp is refused as any forged stamp',
    attempt: (name) =>
      answerTo(as('developer').mergePatch(name, { metadata: { annotations: { [approvedBy]: megabyte } } })),
    says: /^403 Forbidden StampForged: .{1,400}$/s,
    leaves: { [approvedBy]: undefined },
  },
  {
    what: 'a megabyte in an annotation of somebody else is refused by the API server',
    before: async () => undefined,
    attempt: (name) =>
      answerTo(as('developer').create(big(name).annotate('example.com/note', megabyte).build())),
    says: tooLong,
  },
  {
    what: 'annotations that leave no room for our stamps are refused by the API server, not left unstamped',
    before: async () => undefined,
    attempt: (name) => {
      const note = 'x'.repeat(256 * 1024 - 'example.com/note'.length);
      return answerTo(as('developer').create(big(name).annotate('example.com/note', note).build()));
    },
    says: tooLong,
  },
  {
    what: 'a workflow with 250 kilobytes of annotations is approved as any other',
    before: (name) =>
      as('developer').create(big(name).annotate('example.com/note', 'x'.repeat(250_000)).build()),
    attempt: (name) => patchApproved(name, 'true'),
    says: /^granted$/,
    leaves: { ...stamps, [approved]: 'true', [approvedBy]: 'approver' },
  },
];

describe.each([
  ['deciding', decisions],
  ['leaving something out', dropped],
  ['a megabyte', large],
])('%s:', (kind, rows) => {
  it.each(rows.map((row, index) => ({ ...row, index })))('$what', async (row) => {
    const name = `${kind.replaceAll(' ', '-')}-${row.index}`;
    await (row.before ?? createBig)(name);
    expect(await row.attempt(name)).toMatch(row.says);
    const annotations = row.leaves === undefined ? {} : await annotationsOf(name);
    for (const [annotation, value] of Object.entries(row.leaves ?? {}))
      expect([annotation, annotations[annotation]]).toEqual([annotation, value]);
    for (const { metricsUrl } of cluster.replicas)
      expect((await fetch(`${metricsUrl}/readyz`)).status).toBe(200);
  });
});

describe('the gate', () => {
  it.each([
    [
      'warn',
      /^0: Warning: stepgate would refuse this in mode enforce: Workflow "gate-warn" has 12 steps and runs nothing until/,
    ],
    ['audit', /^0: $/],
  ])('in mode %s lets an execution pass, and still no forged stamp nor decision', async (mode, says) => {
    const name = `gate-${mode}`;
    await createBig(name);
    const execution = makeExecution(`${name}-step-1`).of(name).build();
    const create = async () => {
      const input = JSON.stringify(execution);
      const { exitCode, stderr } = await cluster.controlPlane.kubectl(['create', '-f', '-'], { input });
      return `${exitCode}: ${stderr}`;
    };
    await configure(cluster, { enforcement: mode });
    expect(await create()).toMatch(says);
    expect(await patchApproved(name, 'true', 'developer')).toMatch(/^403 Forbidden NoRightToApprove/);
    const stamp = { metadata: { annotations: { [approvedBy]: 'approver' } } };
    expect(await answerTo(as('developer').mergePatch(name, stamp))).toMatch(/^403 Forbidden StampForged/);
    await decide(name, 'false');
    await configure(cluster, {});
    await kubectl('admin', ['delete', 'kubernetesexecution', `${name}-step-1`]);
    expect(await create()).toMatch(/^1: .*was rejected/s);
  });
});
