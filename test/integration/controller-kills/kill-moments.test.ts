import { expect, it } from 'vitest';
import { createRandom } from '../../simulation/random.ts';
import {
  createKillMoments,
  type KillMoment,
  sides,
  type WriteKind,
  writeKindOf,
  writeKinds,
} from './kill-moments.ts';

const namespace = 'namespaces/n';

it.each<[string, string, WriteKind | undefined]>([
  [
    'POST',
    `/apis/kubernetesexecution.kubernaut.io/v1alpha1/${namespace}/kubernetesexecutions`,
    'create of an execution',
  ],
  [
    'PATCH',
    `/apis/kubernetesexecution.kubernaut.io/v1alpha1/${namespace}/kubernetesexecutions/e/status`,
    'status of an execution',
  ],
  [
    'PATCH',
    `/apis/workflowexecution.kubernaut.io/v1alpha1/${namespace}/workflowexecutions/w/status`,
    'status of a workflow',
  ],
  ['POST', `/api/v1/${namespace}/serviceaccounts/stepgate-runner/token`, 'token of an account'],
  ['PATCH', `/api/v1/${namespace}/configmaps/notes`, 'note of an action'],
  ['POST', `/api/v1/${namespace}/configmaps`, 'mark of an action'],
  ['GET', `/api/v1/${namespace}/configmaps/notes`, undefined],
  ['PUT', `/apis/coordination.k8s.io/v1/${namespace}/leases/l`, undefined],
  ['POST', `/apis/events.k8s.io/v1/${namespace}/events`, undefined],
])('%s %s', (method, path, kind) => {
  expect(writeKindOf({ method, path })).toBe(kind);
});

/** The moments at which the writer of these writes dies, and after how many writes each. */
function killsAmong(writes: Iterable<WriteKind>): readonly (KillMoment & { readonly life: number })[] {
  const moments = createKillMoments(createRandom(1));
  const kills: (KillMoment & { readonly life: number })[] = [];
  let life = 0;
  for (const kind of writes) {
    life += 1;
    const moment = moments.at(kind);
    if (moment === undefined) continue;
    kills.push({ ...moment, life });
    life = 0;
  }
  return kills;
}

it('every kind of write is hit, before and after the answer', () => {
  const writes = Array.from({ length: 400 }, () => writeKinds).flat();
  const hit = new Set(killsAmong(writes).map(({ kind, side }) => `${kind} ${side}`));
  expect(hit.size).toBe(writeKinds.length * sides.length);
});

it('a kind of write that never comes keeps nobody alive', () => {
  const kills = killsAmong(Array.from({ length: 1_000 }, () => 'status of a workflow' as const));
  expect(kills.length).toBeGreaterThan(20);
  expect(Math.max(...kills.map(({ life }) => life))).toBe(40);
});
