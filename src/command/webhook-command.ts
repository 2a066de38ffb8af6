import { builtInActions } from '../../sdk/actions/built-in-actions.ts';
import { startWebhookProcess, type CertificateOrigin } from '../../webhook/webhook-process.ts';
import { defaultInstallation, type Installation } from '../api/manifests/installation.ts';
import { environmentTexts } from '../config/environment.ts';
import { loadPlugins } from '../plugin/load-plugins.ts';
import type { Command } from './command.ts';
import {
  commonFlags,
  commonUsage,
  installationOf,
  kubeConfigOf,
  lastUsage,
  loggerOf,
  portOf,
  readFlags,
  replicaOf,
} from './flags.ts';
import { runUntilSignal } from './run-until-signal.ts';

const usage = `stepgate webhook [flags]

Runs the admission webhook. Settings come from the ConfigMap ${defaultInstallation.configMap} and from the
environment (MAX_PARALLEL_STEPS=5, ...), which wins.

${commonUsage}
  --port N                   admission, TLS (default 8443; 0 takes a free one)
  --certificate-folder DIR   serve with tls.crt and tls.key of this folder, such as a Secret of cert-manager
  --certificate-name NAME    without a folder: DNS name or IP of the certificate that is made (repeatable;
                             default: the names of the installation's Service)
  --client-ca FILE           only clients with a certificate of this CA may call
  --client-name NAME         ... and with this common name (repeatable)
  --plugin FILE              a plugin, as a file or a package: parameters of its actions are checked against their
                             schemas, and its admission checks are asked (repeatable)
  --builtin-actions          the same for the parameters of the actions that stepgate brings
${lastUsage}
`;

const flags = {
  ...commonFlags,
  port: { type: 'string', default: '8443' },
  'certificate-folder': { type: 'string' },
  'certificate-name': { type: 'string', multiple: true },
  'client-ca': { type: 'string' },
  'client-name': { type: 'string', multiple: true },
  'builtin-actions': { type: 'boolean', default: false },
} as const;

type Flags = ReturnType<typeof readFlags<typeof flags>>;

/** `stepgate webhook` */
export const webhookCommand: Command = {
  name: 'webhook',
  usage,
  async run(args, host) {
    const values = readFlags(args, flags);
    const logger = loggerOf(values['log-level'], 'webhook');
    const installation = installationOf(values, host);
    const ports = {
      port: portOf('port', values.port),
      metricsPort: portOf('metrics-port', values['metrics-port']),
    };
    await runUntilSignal(host, logger, async (signal) => {
      const plugins = [
        ...(values['builtin-actions'] ? [builtInActions] : []),
        ...(await loadPlugins(values.plugin ?? [], { provide: host.provide })),
      ];
      return startWebhookProcess({
        plugins,
        knownPlugins: [builtInActions],
        process: host.process,
        kubeConfig: await kubeConfigOf(values.kubeconfig, host),
        installation,
        environment: environmentTexts(host.environment),
        certificate: certificateOrigin(values, installation),
        ...clientAuthority(values),
        ...ports,
        ...(values.host === undefined ? {} : { host: values.host }),
        replica: replicaOf(host),
        logger,
        signal,
      });
    });
  },
};

function certificateOrigin(values: Flags, { webhookService, namespace }: Installation): CertificateOrigin {
  const folder = values['certificate-folder'];
  if (folder !== undefined) return { folder };
  const names = [
    `${webhookService}.${namespace}.svc`,
    `${webhookService}.${namespace}`,
    `${webhookService}.${namespace}.svc.cluster.local`,
  ];
  return { names: values['certificate-name'] ?? names };
}

function clientAuthority(values: Flags) {
  const file = values['client-ca'];
  if (file === undefined) return {};
  const names = values['client-name'];
  return { clientAuthority: { file, ...(names === undefined ? {} : { names }) } };
}
