import type { ProxiedRequest } from '../../cluster/faulty-http-proxy.ts';
import type { Random } from '../../simulation/random.ts';

/** The writes of a controller that matter here; leases and Events do not carry work. */
export const writeKinds = [
  'create of an execution',
  'status of a workflow',
  'status of an execution',
  'token of an account',
  'note of an action',
  'mark of an action',
] as const;
export type WriteKind = (typeof writeKinds)[number];

/** Before the API server sees the write, or after it has answered and before the controller hears it. */
export const sides = ['before', 'after'] as const;
export type Side = (typeof sides)[number];

/** A write at which a controller dies. */
export interface KillMoment {
  readonly kind: WriteKind;
  readonly side: Side;
}

/** Undefined: the request is no write of these. */
export function writeKindOf({
  method,
  path,
}: Pick<ProxiedRequest, 'method' | 'path'>): WriteKind | undefined {
  if (method === 'GET') return undefined;
  if (path.endsWith('/kubernetesexecutions')) return 'create of an execution';
  if (/\/workflowexecutions\/[^/]+\/status$/.test(path)) return 'status of a workflow';
  if (/\/kubernetesexecutions\/[^/]+\/status$/.test(path)) return 'status of an execution';
  if (/\/serviceaccounts\/[^/]+\/token$/.test(path)) return 'token of an account';
  if (/\/configmaps\/[^/]+$/.test(path)) return 'note of an action';
  return path.endsWith('/configmaps') ? 'mark of an action' : undefined;
}

/** Picks the moments, one after another. */
export interface KillMoments {
  /** Asked at each write; an answer means that the writer dies now, and the next moment is picked. */
  at(kind: WriteKind): KillMoment | undefined;
}

/** Writes of one life after which a controller dies at whatever it writes next. */
const longestLife = 40;

/** Writes that a controller gets through at most before it may die. */
const longestCalm = 8;

/**
 * Each kind of write and each side in turn, after a random number of writes. A kind that does not come for long is not
 * waited for.
 */
export function createKillMoments(random: Random): KillMoments {
  const wanted = writeKinds.flatMap((kind) => sides.map((side) => ({ kind, side })));
  let turn = 0;
  let writes = 0;
  let calm = random.between(0, longestCalm);
  return {
    at(kind) {
      const target = wanted[turn % wanted.length];
      writes += 1;
      if (target === undefined || writes <= calm) return undefined;
      if (kind !== target.kind && writes < longestLife) return undefined;
      turn += 1;
      writes = 0;
      calm = random.between(0, longestCalm);
      return { kind, side: target.side };
    },
  };
}
