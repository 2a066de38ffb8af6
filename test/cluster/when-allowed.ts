import { type AllowedAction, isAllowed, type Subject } from '../../sdk/testing/allowed.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { eventually } from './eventually.ts';

export { accountOf, firstOfRule } from '../../sdk/testing/allowed.ts';

/**
 * Resolves when the authorizer knows of a right that was given: it learns of roles and of bindings by watches, each in
 * the order in which they were made. Whoever waits for the last one may count on those before it.
 */
export async function whenAllowed(admin: KubeClient, subject: Subject, action: AllowedAction): Promise<void> {
  const { verb, resource } = action;
  await eventually(`${subject.name} may ${verb} ${resource}`, () => isAllowed(admin, subject, action));
}
