import type { KubeLogger } from '../../src/kube/kube-logger.ts';
import type { RelistReason } from '../../src/kube/relist-reason.ts';
import type { ReflectorMetrics } from '../../src/kube/reflector.ts';

/** Watches one watch of a kind that the cluster may not have, or that this process may not see. */
export interface KindAbsence {
  /** Resolves when the API server has said so. */
  readonly found: Promise<void>;
  /** True until the kind is there. */
  readonly absent: boolean;
  /** What the reflector is given instead of its own: the absence is said once, and its end. */
  readonly logger: KubeLogger;
  readonly metrics: Partial<ReflectorMetrics>;
}

/** For one reflector. */
export function createKindAbsence(
  resource: string,
  logger: KubeLogger,
  metrics: Partial<ReflectorMetrics>,
): KindAbsence {
  const found = Promise.withResolvers<void>();
  let absent = false;
  return {
    found: found.promise,
    get absent() {
      return absent;
    },
    logger: {
      debug: (facts, message) => logger.debug(facts, message),
      info: (facts, message) => logger.info(facts, message),
      error: (facts, message) => logger.error(facts, message),
      warn: (facts, message) => (absent ? logger.debug(facts, message) : logger.warn(facts, message)),
    },
    metrics: {
      ...metrics,
      disconnected(reason) {
        metrics.disconnected?.(reason);
        if (!isAbsence(reason) || absent) return;
        absent = true;
        logger.info({ resource }, whyAbsent[reason]);
        found.resolve();
      },
      relisted(reason) {
        metrics.relisted?.(reason);
        if (!absent) return;
        absent = false;
        logger.info({ resource }, 'The kind is there now, and is watched');
      },
    },
  };
}

/** A process of today may have the roles of an installation from before the kind. */
const whyAbsent = {
  'not-found': 'The cluster does not have this kind: what needs it waits, and begins once it is there',
  refused: 'This process may not watch this kind: what needs it waits, and begins once it may',
} as const satisfies Partial<Record<RelistReason, string>>;

function isAbsence(reason: RelistReason): reason is keyof typeof whyAbsent {
  return Object.hasOwn(whyAbsent, reason);
}
