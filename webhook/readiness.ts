import type { Readiness } from '../src/http/health-routes.ts';
import type { Reflector } from '../src/kube/reflector.ts';

/**
 * Ready is who has seen all there is: a replica that decides before would count too few. A watch that is lost
 * later makes nobody unready, since decisions then come from a list. Definitions that lack what the limit rests on come
 * first, because watches fail for that reason too.
 */
export function readinessOf(
  reflectors: Readonly<Record<string, Pick<Reflector, 'hasSynced'>>>,
  labeller: { readonly busy: boolean },
  definitions: { readonly reasons: readonly string[] },
): Readiness {
  const reasons = [...definitions.reasons];
  const unseen = Object.entries(reflectors)
    .filter(([, reflector]) => !reflector.hasSynced)
    .map(([resource]) => `the first list of ${resource} is not complete`);
  reasons.push(...unseen);
  if (labeller.busy) reasons.push('executions from before the installation are being labelled');
  return { ready: reasons.length === 0, reasons };
}
