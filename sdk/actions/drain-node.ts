import { z } from 'zod';
import { listAll } from '../../src/kube/consistent-list.ts';
import { type ActionContext, defineAction } from '../../src/plugin/action.ts';
import { ActionError } from './action-error.ts';
import { podKind } from './api-kinds.ts';
import { evictPod } from './evict-pod.ts';
import { markNode, unmarkNode } from './node-scheduling.ts';
import type { Pace } from './pace.ts';
import { flag, objectName, wholeNumber } from './parameter-schemas.ts';
import { type Pod, podsToEvict, toleratesCordon } from './pods-to-evict.ts';
import { waitUntil } from './wait-until.ts';

const parametersSchema = z.strictObject({
  node: objectName,
  gracePeriodSeconds: wholeNumber().optional(),
  force: flag.default(false),
  deleteEmptyDirData: flag.default(false),
});

type Parameters = z.infer<typeof parametersSchema>;

/**
 * Cordons a node, evicts its pods within their disruption budgets, and waits until they are gone. Pods of DaemonSets
 * and static pods stay. The rollback takes the node back into scheduling; the pods do not come back by that.
 */
export const drainNode = (pace: Pace) =>
  defineAction({
    name: 'drain_node',
    parameters: parametersSchema,
    async run(context) {
      const { node } = context.parameters;
      // Before anything is changed: a drain that cannot be done leaves the node as it is.
      await leavingPods(context);
      const marked = await markNode(context, node, true);
      // Again until none is left: some may have been bound to the node just before it was cordoned. What tolerates that
      // may come back at once, and is evicted once, as by kubectl drain.
      for (let pods = await leavingPods(context); pods.length > 0;) {
        await evictAll(context, pods, pace);
        pods = (await leavingPods(context)).filter((pod) => !toleratesCordon(pod));
      }
      return marked;
    },
    rollback: async (context) => unmarkNode(context),
  });

async function leavingPods({ kube, signal, parameters }: ActionContext<Parameters>): Promise<readonly Pod[]> {
  const { node } = parameters;
  const { items } = await listAll<Pod>(kube, { ...podsOf(node), signal });
  const { leaving, refusals } = podsToEvict(items, parameters);
  if (refusals.length === 0) return leaving;
  throw new ActionError('unsafe', `The node ${node} cannot be drained: ${refusals.slice(0, 20).join('; ')}.`);
}

async function evictAll(context: ActionContext<Parameters>, pods: readonly Pod[], pace: Pace): Promise<void> {
  const { kube, signal, parameters, whileWaiting } = context;
  const { node, gracePeriodSeconds } = parameters;
  const asked = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const outcomes = await Promise.allSettled(
    asked.map((pod) => evictPod(context, pod, gracePeriodSeconds, pace)),
  );
  const reasons = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  const unsafe = reasons.filter((reason) => reason instanceof ActionError);
  if (unsafe.length > 0 && unsafe.length === reasons.length)
    throw new ActionError('unsafe', unsafe.map(({ message }) => message).join('; '));
  if (reasons.length > 0) throw reasons.find((reason) => !(reason instanceof ActionError));
  const uids = new Set(pods.map(({ metadata }) => metadata.uid));
  const areGone = (items: readonly Pod[]): true | undefined =>
    items.some(({ metadata }) => uids.has(metadata.uid)) ? undefined : true;
  await whileWaiting(() => waitUntil({ kube, selection: podsOf(node), signal, pace }, areGone));
}

function podsOf(node: string) {
  return { kind: podKind, fieldSelector: `spec.nodeName=${node}` };
}
