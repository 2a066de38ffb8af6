import type { KubeObject } from '../../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../../src/kube/kube-status-error.ts';
import { startReflector } from '../../../src/kube/reflector.ts';
import { createStore } from '../../../src/kube/store.ts';
import { jobKind, podKind } from '../../../sdk/actions/api-kinds.ts';
import type { ActionGround } from './action-ground.ts';

/** Something that acts as the nodes of a cluster do: the control planes of tests have none. */
export interface Simulation {
  stop(): Promise<void>;
}

/** A kubelet whose containers end at once: pods that are being deleted are gone. */
export function simulateKubelet({ admin, namespace }: ActionGround): Promise<Simulation> {
  return follow(admin, podKind, namespace, async ({ metadata }) => {
    if (metadata.deletionTimestamp === undefined) return;
    await admin.request({
      method: 'DELETE',
      path: `/api/v1/namespaces/${namespace}/pods/${metadata.name}`,
      body: { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } },
    });
  });
}

/** The Job controller and a kubelet whose containers end at once with this exit code and message. */
export function simulateJobs(
  { admin, namespace }: ActionGround,
  ending: { readonly exitCode: number; readonly message: string },
): Promise<Simulation> {
  const seen = new Set<string>();
  return follow(admin, jobKind, namespace, async (job) => {
    if (seen.has(job.metadata.uid)) return;
    seen.add(job.metadata.uid);
    await runPod({ admin, namespace }, job, ending);
    await endJob({ admin, namespace }, job, ending.exitCode === 0);
  });
}

/** A pod has no template. */
interface Job extends KubeObject {
  readonly spec?: { readonly template: { readonly metadata?: object; readonly spec: object } };
}

type Place = Pick<ActionGround, 'admin' | 'namespace'>;

async function runPod(
  { admin, namespace }: Place,
  job: Job,
  { exitCode, message }: { readonly exitCode: number; readonly message: string },
): Promise<void> {
  const { name } = job.metadata;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await admin.request({
    method: 'POST',
    path: pods,
    body: {
      metadata: { name: `${name}-pod`, labels: { 'batch.kubernetes.io/job-name': name } },
      spec: job.spec?.template.spec,
    },
  });
  const terminated = { exitCode, message, reason: exitCode === 0 ? 'Completed' : 'Error' };
  await admin.request({
    method: 'PATCH',
    path: `${pods}/${name}-pod/status`,
    contentType: 'application/merge-patch+json',
    body: {
      status: {
        phase: exitCode === 0 ? 'Succeeded' : 'Failed',
        containerStatuses: [
          {
            name: 'action',
            image: 'tool',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { terminated },
          },
        ],
      },
    },
  });
}

/** As the Job controller writes it: the API server checks that an end is complete. */
async function endJob({ admin, namespace }: Place, job: KubeObject, succeeded: boolean): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const conditions = (succeeded ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed']).map(
    (type) => ({
      type,
      status: 'True',
      reason: succeeded ? 'CompletionsReached' : 'BackoffLimitExceeded',
      message: succeeded ? '' : 'Job has reached the specified backoff limit',
      lastTransitionTime: now,
      lastProbeTime: now,
    }),
  );
  await admin.request({
    method: 'PATCH',
    path: `/apis/batch/v1/namespaces/${namespace}/jobs/${job.metadata.name}/status`,
    contentType: 'application/merge-patch+json',
    body: {
      status: {
        startTime: now,
        uncountedTerminatedPods: {},
        ...(succeeded ? { succeeded: 1, completionTime: now } : { failed: 1 }),
        conditions,
      },
    },
  });
}

async function follow(
  admin: ActionGround['admin'],
  kind: typeof podKind | typeof jobKind,
  namespace: string,
  act: (item: Job) => Promise<void>,
): Promise<Simulation> {
  const acting = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (item: Job): void => {
    const done = act(item)
      .catch((error: unknown) => {
        if (!isKubeStatus(error, 404) && !isKubeStatus(error, 409)) failures.push(error);
      })
      .finally(() => acting.delete(done));
    acting.add(done);
  };
  const store = createStore<Job>();
  store.subscribe({ added: start, updated: start });
  const reflector = startReflector<Job>({ client: admin, kind, namespace, handler: store });
  await reflector.synced();
  return {
    async stop() {
      await reflector.stop();
      await Promise.all(acting);
      if (failures.length > 0) throw new AggregateError(failures, 'The simulated node failed');
    },
  };
}
