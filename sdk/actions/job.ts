import { z } from 'zod';
import { listAll } from '../../src/kube/consistent-list.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { type ActionContext, defineAction } from '../../src/plugin/action.ts';
import { ActionError } from './action-error.ts';
import { jobKind, podKind } from './api-kinds.ts';
import { containerName, jobManifest } from './job-manifest.ts';
import type { Pace } from './pace.ts';
import { flag, jsonOf, wholeNumber } from './parameter-schemas.ts';
import { rememberedAs } from './remembered.ts';
import { waitUntil } from './wait-until.ts';

const parametersSchema = z.strictObject({
  image: z.string().min(1).max(1_024),
  command: jsonOf(z.array(z.string())).optional(),
  args: jsonOf(z.array(z.string())).optional(),
  env: jsonOf(z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())).optional(),
  runAsUser: wholeNumber(1).optional(),
  serviceAccountToken: flag.default(false),
});

type Context = ActionContext<z.infer<typeof parametersSchema>>;

/** The uid is known once it has been created. */
const begunSchema = z.object({ job: z.string(), uid: z.string().optional() });

interface Job extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

interface Pod extends KubeObject {
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: { readonly terminated?: Terminated };
    }[];
  };
}

interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

/** How a Job ended. */
interface Ending {
  readonly failed: boolean;
  readonly why: string;
}

/**
 * Runs a container as a Job in the execution's namespace, and waits for its end. Its name comes from the execution and
 * is remembered, so that an attempt which follows an interrupted one finds it again; where an attempt has failed, the
 * next one waits for the end of its Job, and makes a new one if that has failed.
 */
export const job = (pace: Pace) =>
  defineAction({
    name: 'job',
    parameters: parametersSchema,
    async run(context) {
      const name = await begin(context, pace);
      const { failed, why } = await end(context, name, pace);
      const { exitCode, message = '' } = (await terminatedContainer(context, name)) ?? {};
      if (!failed) return { job: name, exitCode: exitCode ?? 0, message };
      const how = exitCode === undefined ? why : `exit code ${exitCode}`;
      const said = message === '' ? '.' : `: ${message}`;
      throw new ActionError('container-failed', `The container of the Job ${name} failed (${how})${said}`);
    },
  });

/** Creates the Job, or finds that of an earlier attempt; its name. */
async function begin(context: Context, pace: Pace): Promise<string> {
  const { parameters, kube, signal, execution, remember } = context;
  const earlier = rememberedAs(begunSchema, context.remembered);
  if (earlier?.uid !== undefined) {
    await requireThere(context, earlier.job, earlier.uid);
    // However it ends, it is this attempt's: the one before was only interrupted.
    if (execution.resumed === true) return earlier.job;
    // Its pod may take a while to end: never two at once.
    if (!(await end(context, earlier.job, pace)).failed) return earlier.job;
  }
  const isNew = earlier === undefined || earlier.uid !== undefined;
  const name = isNew ? `stepgate-${execution.uid}-${execution.attempt}` : earlier.job;
  if (isNew) await remember({ job: name });
  let created: KubeObject;
  try {
    created = await kube.request<KubeObject>({
      method: 'POST',
      path: resourcePath(jobKind, { namespace: execution.namespace }),
      body: jobManifest(name, parameters, execution),
      signal,
    });
  } catch (error) {
    // An earlier attempt was interrupted before it could say so.
    if (!isKubeStatus(error, 409, 'AlreadyExists')) throw error;
    created = await kube.request<KubeObject>({ method: 'GET', path: pathOf(context, name), signal });
  }
  if (created.metadata.ownerReferences?.some(({ uid }) => uid === execution.uid) !== true)
    throw new ActionError('conflict', `There is a Job ${name} that this execution has not made.`);
  await remember({ job: name, uid: created.metadata.uid });
  return name;
}

/** @throws ActionError `lost` where it is gone: it had been made, and how it ended cannot be known */
async function requireThere(context: Context, name: string, uid: string): Promise<void> {
  try {
    const path = pathOf(context, name);
    const found = await context.kube.request<Job>({ method: 'GET', path, signal: context.signal });
    if (found.metadata.uid === uid) return;
  } catch (error) {
    if (!isKubeStatus(error, 404)) throw error;
  }
  throw new ActionError('lost', `The Job ${name} is gone: it cannot be known how it ended.`);
}

async function end(
  { kube, signal, execution, whileWaiting }: Context,
  name: string,
  pace: Pace,
): Promise<Ending> {
  const selection = { kind: jobKind, namespace: execution.namespace, fieldSelector: `metadata.name=${name}` };
  let seen = false;
  const look = ([found]: readonly Job[]): Ending | undefined => {
    if (found !== undefined) {
      seen = true;
      return endingOf(found);
    }
    return { failed: true, why: seen ? 'the Job was deleted' : 'the Job is gone' };
  };
  return whileWaiting(() => waitUntil({ kube, selection, signal, pace }, look));
}

function endingOf({ status }: Job): Ending | undefined {
  for (const { type, status: isTrue, reason = '', message = '' } of status?.conditions ?? []) {
    if (isTrue !== 'True' || (type !== 'Complete' && type !== 'Failed')) continue;
    return { failed: type === 'Failed', why: [reason, message].filter((text) => text !== '').join(': ') };
  }
  return undefined;
}

/** How its container ended; undefined where its pod is gone or never ran. */
async function terminatedContainer(
  { kube, signal, execution }: Context,
  name: string,
): Promise<Terminated | undefined> {
  const { items } = await listAll<Pod>(kube, {
    kind: podKind,
    namespace: execution.namespace,
    labelSelector: `batch.kubernetes.io/job-name=${name}`,
    signal,
  });
  const statuses = items.flatMap(({ status }) => status?.containerStatuses ?? []);
  return statuses.find((each) => each.name === containerName && each.state?.terminated)?.state?.terminated;
}

function pathOf({ execution }: Context, name: string): string {
  return resourcePath(jobKind, { namespace: execution.namespace, name });
}
