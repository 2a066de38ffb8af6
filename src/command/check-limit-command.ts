import { randomBytes } from 'node:crypto';
import { defaultServiceAccountName } from '../api/names.ts';
import { systemClock } from '../kube/clock.ts';
import { confirmingClient } from '../kube/confirming-client.ts';
import { createKubeClient } from '../kube/kube-client.ts';
import { checkLimit } from './check-limit.ts';
import type { Command } from './command.ts';
import { kubeConfigOf, readFlags } from './flags.ts';
import { UsageError } from './usage-error.ts';

const usage = `stepgate check-limit [flags]

Proves on a workflow of its own that the limit holds: creates executions until one is refused, and removes them again.
Ends with 0 where it holds.

  --kubeconfig FILE          default: KUBECONFIG, the pod's service account, or ~/.kube/config
  --namespace NAME           where the workflow is made (default: default, or POD_NAMESPACE)
  --service-account NAME     account that its executions name; it needs no rights, and better has none
                             (default ${defaultServiceAccountName})
  --at-most N                executions after which a limit that was not met counts as none (default 1000)
  --help
`;

const flags = {
  kubeconfig: { type: 'string' },
  namespace: { type: 'string' },
  'service-account': { type: 'string', default: defaultServiceAccountName },
  'at-most': { type: 'string', default: '1000' },
} as const;

/** `stepgate check-limit` */
export const checkLimitCommand: Command = {
  name: 'check-limit',
  usage,
  async run(args, host) {
    const values = readFlags(args, flags);
    const atMost = Number(values['at-most']);
    if (!Number.isSafeInteger(atMost) || atMost < 1) {
      throw new UsageError(`--at-most: ${values['at-most']} is no whole number from 1`);
    }
    const client = createKubeClient(await kubeConfigOf(values.kubeconfig, host), {
      component: 'check-limit',
    });
    try {
      await checkLimit({
        client: confirmingClient(client, systemClock),
        clock: systemClock,
        namespace: values.namespace ?? host.environment['POD_NAMESPACE'] ?? 'default',
        workflow: `stepgate-check-${randomBytes(4).toString('hex')}`,
        serviceAccount: values['service-account'],
        atMost,
        say: (finding) => host.process.stdout.write(`${finding}\n`),
      });
      host.process.stdout.write('The limit holds.\n');
    } finally {
      client.close();
    }
  },
};
