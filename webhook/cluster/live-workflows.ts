import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { workflowExecutionKind } from '../../src/api/names.ts';
import { isSettledWorkflowPhase, liveWorkflowFieldSelector } from '../../src/api/phase.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { startReflector, type Reflector } from '../../src/kube/reflector.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { GateStamps } from '../../src/policy/approval/is-gated.ts';
import type { GatedWorkflow } from '../../src/policy/approval/gate-execution.ts';
import type { WorkflowState } from '../../src/policy/workflow-state.ts';
import { approvable, asSeenBy } from '../approval/approvable.ts';
import type { WatchEnvironment } from './execution-watch.ts';
import type { InstallationMark } from './installation-mark.ts';

/** What the metadata of a workflow tells. */
export interface WorkflowFacts extends GateStamps {
  readonly state: WorkflowState;
  /** resourceVersion up to which the watch had shown workflows then; undefined for a quorum read. */
  readonly seenAt: string | undefined;
}

/** The workflows that may have executions. */
export interface LiveWorkflows {
  readonly reflector: Reflector;
  /**
   * From the watch where it shows the workflow alive, else by a quorum read: another may have the name of one that was
   * being deleted. Rejects as the client does.
   */
  factsOf(namespace: string, name: string): Promise<WorkflowFacts>;
  /**
   * By a quorum read, so that no stale cache lets an execution through. `unreadable`: its spec is older than the
   * schema.
   */
  read(namespace: string, name: string): Promise<GatedWorkflow | 'missing' | 'unreadable'>;
  /** By a quorum read; undefined where there is none. */
  revisionOf(namespace: string, name: string): Promise<string | undefined>;
  /** resourceVersion at which the watch shows that very workflow; undefined where it does not, or is away. */
  shownRevision(namespace: string, name: string, uid: string): string | undefined;
}

interface StoredWorkflow extends KubeObject {
  readonly spec?: unknown;
  readonly status?: { readonly phase?: string };
}

const missing: WorkflowFacts = {
  state: 'missing',
  stepCount: undefined,
  threshold: undefined,
  decision: undefined,
  seenAt: undefined,
};

/** Who else wants to know what the watch shows, in its order. What is gone may only have settled. */
export interface WorkflowObserver {
  shown(workflow: KubeObject): void;
  gone(workflow: KubeObject): void;
}

const nobody: WorkflowObserver = { shown: () => undefined, gone: () => undefined };

/** Watches the metadata of workflows that are not settled. */
export function watchLiveWorkflows(
  environment: WatchEnvironment,
  installation: InstallationMark,
  observer: WorkflowObserver = nobody,
): LiveWorkflows {
  const { client } = environment;
  let live = new Map<string, StampedFacts>();
  const upserted = (item: KubeObject): void => {
    live.set(keyOf(item), factsIn(item));
    observer.shown(item);
  };
  const reflector = startReflector<KubeObject>({
    ...environment,
    kind: workflowExecutionKind,
    fieldSelector: liveWorkflowFieldSelector,
    metadataOnly: true,
    transform: shrink,
    handler: {
      replaced(items) {
        live = new Map(items.map((item) => [keyOf(item), factsIn(item)]));
        for (const item of items) observer.shown(item);
      },
      added: upserted,
      modified: upserted,
      deleted(item) {
        live.delete(keyOf(item));
        observer.gone(item);
      },
      progressed: () => undefined,
    },
  });

  async function get(namespace: string, name: string): Promise<StoredWorkflow | undefined> {
    try {
      const path = resourcePath(workflowExecutionKind, { namespace, name });
      return await client.request<StoredWorkflow>({ method: 'GET', path, timeoutMilliseconds: 5_000 });
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** While the watch is away, nothing vouches for what it had shown. */
  function seenAt(): string {
    return (reflector.connected ? reflector.resourceVersion : undefined) ?? '0';
  }

  return {
    reflector,
    revisionOf: async (namespace, name) => (await get(namespace, name))?.metadata.resourceVersion,
    shownRevision(namespace, name, uid) {
      const known = live.get(`${namespace}/${name}`);
      return reflector.connected && known?.uid === uid ? known.resourceVersion : undefined;
    },
    async factsOf(namespace, name) {
      const mark = await installation();
      const known = live.get(`${namespace}/${name}`);
      if (known?.state === 'live') return { ...believed(known, mark), seenAt: seenAt() };
      const workflow = await get(namespace, name);
      if (workflow === undefined) return missing;
      const facts = believed(factsIn(workflow), mark);
      return isSettledWorkflowPhase(workflow.status?.phase) ? { ...facts, state: 'settled' } : facts;
    },
    async read(namespace, name) {
      const [mark, workflow] = await Promise.all([installation(), get(namespace, name)]);
      if (workflow === undefined) return 'missing';
      const readable = approvable(workflow, namespace);
      return readable === undefined ? 'unreadable' : asSeenBy(mark, readable);
    },
  };
}

/** Facts, and the installation that the stamps among them are said to be of. */
interface StampedFacts extends WorkflowFacts {
  readonly installation: string | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Stamps that this installation has not written are none. */
function believed(facts: StampedFacts, mark: string): WorkflowFacts {
  return facts.installation === mark ? facts : { ...facts, stepCount: undefined, threshold: undefined };
}

function factsIn({ metadata }: KubeObject): StampedFacts {
  return {
    state: metadata.deletionTimestamp === undefined ? 'live' : 'deleting',
    stepCount: metadata.annotations?.[approvalAnnotations.stepCount],
    threshold: metadata.annotations?.[approvalAnnotations.threshold],
    decision: metadata.annotations?.[approvalAnnotations.approved],
    installation: metadata.annotations?.[approvalAnnotations.installation],
    seenAt: undefined,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
  };
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

const readAnnotations: ReadonlySet<string> = new Set(Object.values(approvalAnnotations));

function shrink({ metadata }: KubeObject): KubeObject {
  const { namespace, name, uid, resourceVersion, deletionTimestamp } = metadata;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => readAnnotations.has(key));
  return {
    metadata: {
      ...(namespace === undefined ? {} : { namespace }),
      name,
      uid,
      resourceVersion,
      annotations: Object.fromEntries(annotations),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
  };
}
