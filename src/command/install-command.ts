import {
  type InstallerOptions,
  prepareInstallation,
  publishInstallation,
  renewSecrets,
  retirePreviousPath,
} from '../../webhook/installer/installer.ts';
import { untilItWorks } from '../../webhook/installer/until-it-works.ts';
import { parseDuration } from '../api/duration.ts';
import { systemClock } from '../kube/clock.ts';
import { createKubeClient } from '../kube/kube-client.ts';
import type { Command } from './command.ts';
import {
  commonFlags,
  installationOf,
  installationUsage,
  kubeConfigOf,
  lastUsage,
  loggerOf,
  readFlags,
} from './flags.ts';
import { UsageError } from './usage-error.ts';

const tasks = ['prepare', 'publish', 'rotate'] as const;

const usage = `stepgate install --task TASK [flags]

Gives the API server and the webhook what they know each other by: the admission path, in the Secret NAME-admission-path and
in the webhook configurations, and the certificate where no cert-manager makes it. The jobs of the chart run it.

  --task TASK                prepare: make the Secrets that are missing, before the webhook's pods start;
                             publish: change the webhook configurations once every replica accepts the path;
                             rotate: make the path anew, publish it, and retire the one before
  --make-certificates        make the certificate in NAME-webhook-certificates, and write the caBundle
  --client-certificates      the webhook demands client certificates: wait for kubelet where replicas cannot be asked
  --timeout DURATION         how long to wait for replicas and for the API server (default 4m)
  --previous-lifetime DURATION
                             rotate: how long the path before stays accepted (default 10m)
${installationUsage}
${lastUsage}
`;

const { kubeconfig, namespace, installation, 'log-level': logLevel } = commonFlags;
const flags = {
  kubeconfig,
  namespace,
  installation,
  'log-level': logLevel,
  task: { type: 'string' },
  'make-certificates': { type: 'boolean', default: false },
  'client-certificates': { type: 'boolean', default: false },
  timeout: { type: 'string', default: '4m' },
  'previous-lifetime': { type: 'string', default: '10m' },
} as const;

/** `stepgate install` */
export const installCommand: Command = {
  name: 'install',
  usage,
  async run(args, host) {
    const values = readFlags(args, flags);
    const task = tasks.find((each) => each === values.task);
    if (task === undefined) {
      throw new UsageError(`--task: expected one of ${tasks.join(', ')}, got ${values.task ?? 'none'}`);
    }
    const timeoutMilliseconds = durationOf('timeout', values.timeout);
    const previousLifetime = durationOf('previous-lifetime', values['previous-lifetime']);
    const logger = loggerOf(values['log-level'], 'install');
    const client = createKubeClient(await kubeConfigOf(values.kubeconfig, host), { component: 'install' });
    const clock = systemClock;
    const options: InstallerOptions = {
      client,
      installation: installationOf(values, host),
      makesCertificates: values['make-certificates'],
      demandsClientCertificates: values['client-certificates'],
      clock,
      today: Date.now,
      logger,
    };
    const run = (what: (options: InstallerOptions) => Promise<void>) =>
      untilItWorks(() => what(options), { clock, logger, timeoutMilliseconds });
    try {
      if (task === 'prepare') return await run(prepareInstallation);
      // Before a rotation, whatever an earlier one has left.
      await run(publishInstallation);
      if (task === 'publish') return;
      await run(renewSecrets);
      await run(publishInstallation);
      // API servers follow the configurations each in its own time.
      await clock.sleep(previousLifetime);
      await run(retirePreviousPath);
    } finally {
      client.close();
    }
  },
};

/** @throws UsageError that names the flag */
function durationOf(flag: string, text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new UsageError(`--${flag}: ${text} is no duration such as 4m`);
  return milliseconds;
}
