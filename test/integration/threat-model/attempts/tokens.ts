import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';

/** Asks for a token of an account, as the controller does before an action. */
async function become(ground: Ground, namespace: string, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const account = { metadata: { name } };
  await ground.cluster.client('admin').request({ method: 'POST', path, body: account });
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  await ground.tries(
    ground.cluster.client('controller').request({ method: 'POST', path: `${path}/${name}/token`, body }),
  );
}

/** Whoever has stolen the controller's credential. */
function stolen(attempt: string, account: (ground: Ground) => readonly [string, string]): Attempt {
  return {
    attempt: `with the controller's credential, become ${attempt}`,
    user: 'controller',
    guard: 'accounts-of-actions',
    run: (ground) => become(ground, ...account(ground)),
    succeeded: async ({ refusals }) => refusals.length === 0,
  };
}

/** Every way to become an account that no action is to act as. */
export const tokenAttempts: readonly Attempt[] = [
  stolen('a ServiceAccount of a namespace that has not opted in', ({ namespace }) => [namespace, 'deployer']),
  stolen('a ServiceAccount of kube-system', ({ namespace }) => ['kube-system', `system-${namespace}`]),
  stolen("a ServiceAccount of stepgate's own namespace", ({ namespace }) => [
    'kubernaut-system',
    `own-${namespace}`,
  ]),
];
