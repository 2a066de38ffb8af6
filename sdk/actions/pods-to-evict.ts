import type { KubeObject } from '../../src/kube/kube-object.ts';

/** The parts of a pod that decide whether it is evicted. */
export interface Pod extends KubeObject {
  readonly spec?: {
    readonly volumes?: readonly { readonly emptyDir?: unknown }[];
    readonly tolerations?: readonly Toleration[];
  };
  readonly status?: { readonly phase?: string };
}

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export interface EvictionRules {
  /** Also pods that no controller will make anew. */
  readonly force: boolean;
  /** Also pods whose data in emptyDir volumes is lost with them. */
  readonly deleteEmptyDirData: boolean;
}

export interface PodsToEvict {
  /** They have to leave the node; those already being deleted need not be told. */
  readonly leaving: readonly Pod[];
  /** Why some of them may not be evicted, each a sentence. */
  readonly refusals: readonly string[];
}

/** Annotation of the pod that shows a static one, which the API server cannot remove. Source: kubelet's MirrorPod. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Which pods of a node have to leave it. Source: the filters of `kubectl drain`. */
export function podsToEvict(pods: readonly Pod[], rules: EvictionRules): PodsToEvict {
  const leaving = pods.filter((pod) => !isMirror(pod) && controllerKind(pod) !== 'DaemonSet');
  const refusals = leaving.flatMap((pod) => {
    const refusal = refusalOf(pod, rules);
    return refusal === undefined ? [] : [`${pod.metadata.namespace}/${pod.metadata.name} ${refusal}`];
  });
  return { leaving, refusals };
}

function refusalOf(pod: Pod, { force, deleteEmptyDirData }: EvictionRules): string | undefined {
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (isOver || pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (!force && controllerKind(pod) === undefined)
    return 'has no controller that would make it anew (force: true evicts it)';
  const hasData = (pod.spec?.volumes ?? []).some(({ emptyDir }) => emptyDir !== undefined);
  if (!deleteEmptyDirData && hasData)
    return 'has data in an emptyDir volume (deleteEmptyDirData: true loses it)';
  return undefined;
}

function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}

function controllerKind({ metadata }: Pod): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.kind;
}

/** The taint of a cordoned node. Source: `TaintNodeUnschedulable` in k8s.io/api/core/v1. */
const cordonTaint = 'node.kubernetes.io/unschedulable';

/** True for a pod that may be put on a node that is cordoned. Source: the scheduler's plugin NodeUnschedulable. */
export function toleratesCordon({ spec }: Pod): boolean {
  return (spec?.tolerations ?? []).some(({ key = '', operator = 'Equal', value = '', effect = '' }) => {
    if (effect !== '' && effect !== 'NoSchedule') return false;
    if (operator === 'Exists') return key === '' || key === cordonTaint;
    return key === cordonTaint && value === '';
  });
}
