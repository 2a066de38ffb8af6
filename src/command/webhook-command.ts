import { builtInActions } from '../../sdk/actions/built-in-actions.ts';
import { type AdmittedCallers, startWebhookProcess } from '../../webhook/webhook-process.ts';
import type { ClientAuthorityFile } from '../../webhook/server/client-authority-file.ts';
import { defaultInstallation } from '../api/manifests/installation.ts';
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
import { UsageError } from './usage-error.ts';

const usage = `stepgate webhook [flags]

Runs the admission webhook. Settings come from the ConfigMap ${defaultInstallation.configMap} and from the
environment (MAX_PARALLEL_STEPS=5, ...), which wins.

${commonUsage}
  --port N                   admission, TLS (default 8443; 0 takes a free one)
  --certificate-folder DIR   serve with tls.crt and tls.key of this folder, such as a Secret of cert-manager or of
                             stepgate install; the folder is followed
  --admission-path-folder DIR
                             only who calls below the path segment in the file "current" of this folder, or in
                             "previous" while it is rotated, is believed to be the API server; the folder is followed
  --client-ca FILE           only clients with a certificate of this CA are believed, alone or together with the path
  --client-name NAME         ... and with this common name (repeatable)
  --believe-anyone           without both: whoever reaches the port is believed; for trying things on one machine
  --plugin FILE              a plugin, as a file or a package: parameters of its actions are checked against their
                             schemas, and its admission checks are asked (repeatable)
  --builtin-actions          the same for the parameters of the actions that stepgate brings
${lastUsage}
`;

const flags = {
  ...commonFlags,
  port: { type: 'string', default: '8443' },
  'certificate-folder': { type: 'string' },
  'admission-path-folder': { type: 'string' },
  'believe-anyone': { type: 'boolean', default: false },
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
    const callers = admittedCallers(values);
    const certificateFolder = values['certificate-folder'];
    if (certificateFolder === undefined) {
      throw new UsageError('--certificate-folder: where are tls.crt and tls.key?');
    }
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
        certificateFolder,
        callers,
        ...ports,
        ...(values.host === undefined ? {} : { host: values.host }),
        replica: replicaOf(host),
        logger,
        signal,
      });
    });
  },
};

/** @throws UsageError where the flags name nobody, or somebody and everybody */
function admittedCallers(values: Flags): AdmittedCallers {
  const clientAuthority = clientAuthorityOf(values);
  const admissionPathFolder = values['admission-path-folder'];
  if (values['believe-anyone']) {
    if (clientAuthority === undefined && admissionPathFolder === undefined) return 'anyone';
    throw new UsageError('--believe-anyone: not together with --admission-path-folder or --client-ca');
  }
  if (admissionPathFolder !== undefined) {
    return { admissionPathFolder, ...(clientAuthority && { clientAuthority }) };
  }
  if (clientAuthority !== undefined) return { clientAuthority };
  throw new UsageError(
    'who is believed to be the API server? --admission-path-folder or --client-ca must say it; ' +
      '--believe-anyone believes whoever reaches the port',
  );
}

function clientAuthorityOf(values: Flags): ClientAuthorityFile | undefined {
  const file = values['client-ca'];
  const names = values['client-name'];
  if (file !== undefined) return { file, ...(names && { names }) };
  if (names !== undefined) throw new UsageError('--client-name: needs --client-ca');
  return undefined;
}
