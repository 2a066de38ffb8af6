#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { builtInActions } from '../sdk/actions/built-in-actions.ts';
import { startWebhookProcess, type CertificateOrigin } from '../webhook/webhook-process.ts';
import { defaultInstallation } from './api/manifests/installation.ts';
import { environmentTexts } from './config/environment.ts';
import { createLogger, logLevels, type Logger, type LogLevel } from './observability/logger.ts';
import { loadPlugins } from './plugin/load-plugins.ts';
import { PluginError } from './plugin/plugin-error.ts';
import type { ProvidedModules } from './plugin/provided-modules.ts';

const usage = `stepgate webhook [flags]

Runs the admission webhook. Settings come from the ConfigMap kubernaut-workflowexecution-config and from the
environment (MAX_PARALLEL_STEPS=5, ...), which wins.

  --kubeconfig FILE          default: KUBECONFIG, the pod's service account, or ~/.kube/config
  --namespace NAME           namespace of the installation (default ${defaultInstallation.namespace}, or POD_NAMESPACE)
  --host ADDRESS             address to listen on (default: all)
  --port N                   admission, TLS (default 8443; 0 takes a free one)
  --metrics-port N           /healthz, /readyz and /metrics, plain HTTP (default 8080; 0 takes a free one)
  --certificate-folder DIR   serve with tls.crt and tls.key of this folder, such as a Secret of cert-manager
  --certificate-name NAME    without a folder: DNS name or IP of the certificate that is made (repeatable;
                             default: the names of the Service ${defaultInstallation.webhookService})
  --client-ca FILE           only clients with a certificate of this CA may call
  --client-name NAME         ... and with this common name (repeatable)
  --plugin FILE              a plugin, as a file or a package: parameters of its actions are checked against their
                             schemas, and its admission checks are asked (repeatable)
  --builtin-actions          the same for the parameters of the actions that stepgate brings
  --log-level LEVEL          ${logLevels.join(', ')} (default info)
  --help
`;

const flags = {
  kubeconfig: { type: 'string' },
  namespace: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string', default: '8443' },
  'metrics-port': { type: 'string', default: '8080' },
  'certificate-folder': { type: 'string' },
  'certificate-name': { type: 'string', multiple: true },
  'client-ca': { type: 'string' },
  'client-name': { type: 'string', multiple: true },
  plugin: { type: 'string', multiple: true },
  'builtin-actions': { type: 'boolean', default: false },
  'log-level': { type: 'string', default: 'info' },
  help: { type: 'boolean', default: false },
} as const;

/** A flag that cannot be used; the message names it. */
class UsageError extends Error {
  readonly code = 'Usage';
}

type Flags = ReturnType<typeof readFlags>['values'];

function readFlags() {
  try {
    return parseArgs({ options: flags, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<void> {
  const { values, positionals } = readFlags();
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const [command = '', ...rest] = positionals;
  if (command !== 'webhook' || rest.length > 0) {
    throw new UsageError(`expected the command webhook, got ${JSON.stringify(positionals.join(' '))}`);
  }
  await runWebhook(values);
}

async function runWebhook(values: Flags): Promise<void> {
  const logger = createLogger({ level: logLevel(values['log-level']), component: 'webhook' });
  const namespace = values.namespace ?? process.env['POD_NAMESPACE'] ?? defaultInstallation.namespace;
  const installation = { ...defaultInstallation, namespace };
  const starting = new AbortController();
  // Before there is anything to drain, a signal gives up the start.
  let stop = async (): Promise<void> => starting.abort(new Error('stopped while starting'));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping');
      void stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
    });
  }
  const plugins = [
    ...(values['builtin-actions'] ? [builtInActions] : []),
    ...(await loadPlugins(values.plugin ?? [], { provide: providedModules() })),
  ];
  if (plugins.length > 0) outliveUnhandledRejections(logger);
  const webhook = await startWebhookProcess({
    plugins,
    kubeConfig: loadKubeConfig(values.kubeconfig),
    installation,
    environment: environmentTexts(process.env),
    certificate: certificateOrigin(values, installation.webhookService, namespace),
    ...clientAuthority(values),
    port: port('port', values.port),
    metricsPort: port('metrics-port', values['metrics-port']),
    ...(values.host === undefined ? {} : { host: values.host }),
    replica: process.env['POD_NAME'] ?? hostname(),
    logger,
    signal: starting.signal,
  });
  stop = () => webhook.stop();
}

/** What plugins import as stepgate is the stepgate that runs them, be it sources or what was built from them. */
function providedModules(): ProvidedModules {
  const extension = extname(import.meta.filename);
  const urlOf = (module: string) => new URL(`../sdk/${module}${extension}`, import.meta.url).href;
  return { stepgate: urlOf('index'), 'stepgate/testing': urlOf('testing') };
}

/** A promise that a plugin forgets must not end the process for everybody else. */
function outliveUnhandledRejections(logger: Logger): void {
  process.on('unhandledRejection', (error) => {
    logger.error({ err: error }, 'a rejection that nobody handles; a plugin may have forgotten a promise');
  });
}

function loadKubeConfig(file: string | undefined): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (file === undefined) kubeConfig.loadFromDefault();
  else kubeConfig.loadFromFile(file);
  return kubeConfig;
}

function certificateOrigin(values: Flags, service: string, namespace: string): CertificateOrigin {
  const folder = values['certificate-folder'];
  if (folder !== undefined) return { folder };
  const names = [
    `${service}.${namespace}.svc`,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc.cluster.local`,
  ];
  return { names: values['certificate-name'] ?? names };
}

function clientAuthority(values: Flags) {
  const file = values['client-ca'];
  if (file === undefined) return {};
  const names = values['client-name'];
  return { clientAuthority: { ca: readFileSync(file, 'utf8'), ...(names === undefined ? {} : { names }) } };
}

function port(flag: string, text: string): number {
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || number > 65_535) throw new UsageError(`--${flag}: ${text} is no port`);
  return number;
}

function logLevel(text: string): LogLevel {
  const level = logLevels.find((each) => each === text);
  if (level === undefined)
    throw new UsageError(`--log-level: expected one of ${logLevels.join(', ')}, got ${text}`);
  return level;
}

function fail(error: unknown): never {
  if (error instanceof UsageError) process.stderr.write(`stepgate: ${error.message}\n\n${usage}`);
  else if (error instanceof PluginError) process.stderr.write(`stepgate: ${error.message}\n`);
  else
    process.stderr.write(
      `stepgate: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  process.exit(error instanceof UsageError ? 2 : 1);
}

main().catch(fail);
