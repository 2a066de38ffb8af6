import type { Registry } from 'prom-client';
import { controllerUserName, type Installation } from '../src/api/manifests/installation.ts';
import { requiredDefinitions } from '../src/api/manifests/required-definitions.ts';
import {
  mutateAnalysesPath,
  mutateApprovalRequestsPath,
  mutateExecutionsPath,
  mutateWorkflowsPath,
  validateAnalysesPath,
  validateApprovalRequestsPath,
  validateExecutionsPath,
  validateWorkflowsPath,
  webhookConfigurationName,
} from '../src/api/manifests/webhook-configurations.ts';
import { recordConfigReports } from '../src/config/config-events.ts';
import { startConfigWatch, type ConfigWatch } from '../src/config/config-watch.ts';
import type { ConfigTexts } from '../src/config/config-schema.ts';
import type { ClusterAccess } from '../src/kube/cluster-access.ts';
import { systemClock } from '../src/kube/clock.ts';
import { createEventRecorder, type EventRecorder } from '../src/kube/events.ts';
import { createKubeClient, type KubeClient } from '../src/kube/kube-client.ts';
import type { Reflector } from '../src/kube/reflector.ts';
import { createAdmissionMetrics } from '../src/observability/admission-metrics.ts';
import { createApprovalMetrics } from '../src/observability/approval-metrics.ts';
import { createCertificateMetrics } from '../src/observability/certificate-metrics.ts';
import { createConfigMetrics } from '../src/observability/config-metrics.ts';
import { createJournalMetrics } from '../src/observability/journal-metrics.ts';
import { createKubeMetrics, type KubeMetrics } from '../src/observability/kube-metrics.ts';
import type { Logger } from '../src/observability/logger.ts';
import { createMetricsRegistry } from '../src/observability/metrics-registry.ts';
import { createPluginMetrics } from '../src/observability/plugin-metrics.ts';
import { createPluginAdmission } from '../src/plugin/plugin-admission.ts';
import type { PluginPart } from '../src/plugin/plugin-runner.ts';
import type { Plugin } from '../src/plugin/plugin.ts';
import { catchStrayErrors, type StrayErrorsOptions } from '../src/plugin/stray-errors.ts';
import { mutateAnalysis } from './analysis/mutate-analysis.ts';
import { mutateDecision } from './analysis/mutate-decision.ts';
import { validateAnalysis } from './analysis/validate-analysis.ts';
import { validateDecision } from './analysis/validate-decision.ts';
import { createAccessReviewer } from './rights/access-review.ts';
import { createAdmittedDecisions } from './approval/admitted-decisions.ts';
import { createApprovalChronicle } from './approval/approval-chronicle.ts';
import { mutateWorkflow } from './approval/mutate-workflow.ts';
import { startCertificateFiles } from './certificates/certificate-files.ts';
import { createApprovalReader } from './cluster/approval-reader.ts';
import { startDefinitionCheck } from './cluster/definition-check.ts';
import { createExecutionReader } from './cluster/execution-reader.ts';
import { watchActiveExecutions } from './cluster/execution-watch.ts';
import { createInstallationMark } from './cluster/installation-mark.ts';
import { createJournalObjects } from './cluster/journal-objects.ts';
import { watchJournals } from './cluster/journal-watch.ts';
import { createStepLister } from './cluster/step-lister.ts';
import { createExecutionLabeller } from './cluster/label-old-executions.ts';
import { watchLiveWorkflows } from './cluster/live-workflows.ts';
import { recallExecutions } from './cluster/recall-executions.ts';
import { createUnmarkedExecutions } from './cluster/unmarked-executions.ts';
import { mutateExecution } from './executions/mutate-execution.ts';
import { createPluginFailureLog } from './executions/plugin-failure-log.ts';
import { validateExecution } from './executions/validate-execution.ts';
import { gatherArrivals } from './journal/gather-arrivals.ts';
import { seenExecutionsCapacity } from './journal/seen-executions.ts';
import { createSlotKeeper, type SlotKeeper } from './journal/slot-keeper.ts';
import { readinessOf } from './readiness.ts';
import { startAdmissionPathFolder } from './server/admission-path-folder.ts';
import { startClientAuthorityFile, type ClientAuthorityFile } from './server/client-authority-file.ts';
import type { ServerLimits } from './server/server-limits.ts';
import { createWebhookServer } from './server/webhook-server.ts';
import { validateWorkflow } from './workflows/validate-workflow.ts';

/** Who is taken for the API server. */
export type AdmittedCallers =
  /** Who calls the path of which a segment is in the folder's files, and shows a certificate where a CA is given as well. */
  | { readonly admissionPathFolder: string; readonly clientAuthority?: ClientAuthorityFile }
  /** Who shows a certificate of the CA. The file is followed. */
  | { readonly clientAuthority: ClientAuthorityFile }
  /** Everybody who reaches the port: for trying things where nobody else does. */
  | 'anyone';

/** What one webhook process is started with. */
export interface WebhookProcessOptions {
  readonly kubeConfig: ClusterAccess;
  readonly installation: Installation;
  /** Overrides of the configuration, from `environmentTexts`. */
  readonly environment: Partial<ConfigTexts>;
  /** `tls.crt`, `tls.key` and maybe `ca.crt`, such as a mounted Secret. The folder is followed. */
  readonly certificateFolder: string;
  readonly callers: AdmittedCallers;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metricsPort: number;
  /** Address to listen on; all when absent. */
  readonly host?: string;
  /** Name of this replica, for Events: the pod's. */
  readonly replica: string;
  readonly logger: Logger;
  /** Their actions' parameters are checked, and their checks asked. */
  readonly plugins?: readonly Plugin[];
  /** Their actions' schemas tell the checks of plugins what parameters mean, such as those of the built-in actions. */
  readonly knownPlugins?: readonly Plugin[];
  /** `process`: with plugins, its rejections and exceptions that nobody handles are listened to. */
  readonly process: StrayErrorsOptions['process'];
  readonly limits?: Partial<ServerLimits>;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

/** A webhook that answers. */
export interface WebhookProcess {
  readonly port: number;
  readonly metricsPort: number;
  /** Drains: stops being ready, serves on for the drain delay, finishes what is under way. */
  stop(): Promise<void>;
}

/** However many executions there are, a replica should start. */
const recallMilliseconds = 10_000;

/** A watch that was silent for longer may be stuck, or merely idle: before a denial a list is asked. */
const silentMilliseconds = 2_000;
/** The watch shows what was written within milliseconds, unless it is behind. */
const watchMomentMilliseconds = 1_000;

/**
 * Wires one replica of the admission webhook and starts it. Resolves when it listens; it is ready, as
 * `/readyz` tells, when it has seen all there is.
 * @throws ConfigError for a value that cannot be used, PluginError for plugins that do not go together, the error of
 * `listen`, the reason of `signal`
 */
export async function startWebhookProcess(options: WebhookProcessOptions): Promise<WebhookProcess> {
  const { kubeConfig, logger } = options;
  const clock = systemClock;
  const registry = createMetricsRegistry({ processMetrics: true });
  const kubeMetrics = createKubeMetrics(registry);
  const plugins = pluginAdmission(options, registry);
  const client = createKubeClient(kubeConfig, { component: 'webhook', onResponse: kubeMetrics.responded });
  const events = createEventRecorder({
    client,
    reporter: { controller: 'stepgate-webhook', instance: options.replica },
    clock,
    date: () => new Date(),
    random: Math.random,
    logger,
  });
  const config = await startConfig(options, client, events, createConfigMetrics(registry).rejected);

  const watching = (resource: string) => ({ client, clock, logger, metrics: kubeMetrics.watch(resource) });
  const unmarked = createUnmarkedExecutions();
  const keeper = createSlotKeeper({
    store: createJournalObjects(client),
    reader: createExecutionReader(client, unmarked),
    workflowRevision: (namespace, workflow) => workflows.revisionOf(namespace, workflow),
    shownRevision: (namespace, workflow, uid) => workflows.shownRevision(namespace, workflow, uid),
    clock,
    metrics: createJournalMetrics(registry),
    limit: () => config.current().maxParallelSteps,
    lifetimeMilliseconds: () => config.current().reservationLifetimeMilliseconds,
    wallClock: () => new Date().toISOString(),
    gather: gatherArrivals(clock),
    watchConnected: () => executions.connected,
    watchMayBeStuck: () => clock.now() - executions.lastActivity() > silentMilliseconds,
    onHistoryBackwards(namespace) {
      logger.error(
        { namespace },
        'history went backwards: etcd or the slot journal was restored; listing anew',
      );
      executions.relist();
    },
  });
  const labeller = createExecutionLabeller({
    client,
    clock,
    logger,
    watchReached: (resourceVersion) => keeper.cache.reached(resourceVersion, watchMomentMilliseconds),
    count(execution) {
      unmarked.count(execution.uid, execution.workflow);
      keeper.cache.upserted(execution);
    },
  });
  const executions: Reflector = watchActiveExecutions(
    watching('kubernetesexecutions'),
    keeper.cache,
    unmarked,
    labeller.label,
  );
  const journals = watchJournals(watching('slotjournals'), keeper);
  const installation = createInstallationMark(client, clock, webhookConfigurationName);
  const decisions = createAdmittedDecisions();
  const workflows = watchLiveWorkflows(watching('workflowexecutions'), installation, decisions);
  const reflectors = {
    kubernetesexecutions: executions,
    slotjournals: journals,
    workflowexecutions: workflows.reflector,
  };
  reportLags(reflectors, kubeMetrics);
  const definitions = startDefinitionCheck({ client, clock, logger, required: requiredDefinitions() });
  await recall(client, keeper, logger);

  const reviewer = createAccessReviewer(client, clock);
  const judge = {
    reviewer,
    config: config.current,
    installation,
    approvals: createApprovalReader(client),
    controller: controllerUserName(options.installation),
    wallClock: () => new Date().toISOString(),
  };
  const certificates = await startCertificateFiles({
    folder: options.certificateFolder,
    clock,
    logger,
    metrics: createCertificateMetrics(registry, Date.now),
  });
  const { admissionPath, clients } = await startCallers(options);
  const server = createWebhookServer({
    routes: [
      {
        path: validateExecutionsPath,
        handler: validateExecution({
          keeper,
          workflows,
          listSteps: createStepLister(client),
          active: (namespace, workflow) => keeper.cache.active(namespace, workflow),
          reviewer,
          plugins,
          config: config.current,
        }),
      },
      { path: mutateExecutionsPath, handler: mutateExecution },
      { path: mutateApprovalRequestsPath, handler: mutateDecision(judge) },
      { path: validateApprovalRequestsPath, handler: validateDecision(judge) },
      { path: mutateAnalysesPath, handler: mutateAnalysis(judge) },
      { path: validateAnalysesPath, handler: validateAnalysis(judge) },
      { path: mutateWorkflowsPath, handler: mutateWorkflow(judge) },
      {
        path: validateWorkflowsPath,
        handler: validateWorkflow({
          ...judge,
          keeper,
          plugins,
          chronicle: createApprovalChronicle({
            events,
            metrics: createApprovalMetrics(registry),
            decisions,
          }),
        }),
      },
    ],
    port: options.port,
    metricsPort: options.metricsPort,
    ...(options.host === undefined ? {} : { host: options.host }),
    certificate: certificates.current(),
    ...(admissionPath === undefined ? {} : { admissionPath: admissionPath.current }),
    ...(clients === undefined ? {} : { clientAuthority: clients.current() }),
    readiness: () => readinessOf(reflectors, labeller, definitions),
    metricsSource: registry,
    metrics: createAdmissionMetrics(registry),
    logger,
    clock,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  certificates.onChange((certificate) => server.useCertificate(certificate));
  clients?.onChange((authority) => server.useClientAuthority(authority));
  const ports = await server.start();

  return {
    ...ports,
    async stop() {
      await server.drain();
      await Promise.all([
        certificates.stop(),
        admissionPath?.stop(),
        clients?.stop(),
        config.stop(),
        definitions.stop(),
        ...Object.values(reflectors).map((reflector) => reflector.stop()),
        events.stop(),
      ]);
      plugins?.stop();
      client.close();
    },
  };
}

function pluginAdmission(
  { plugins = [], knownPlugins: known = [], process, logger }: WebhookProcessOptions,
  registry: Registry,
) {
  if (plugins.length === 0) return undefined;
  const clock = systemClock;
  const onFailure = createPluginFailureLog(logger, clock, createPluginMetrics(registry));
  const strayErrors = catchStrayErrors<PluginPart>({ process, logger });
  return {
    ...createPluginAdmission(plugins, { clock, onFailure, known, strayErrors }),
    stop: () => strayErrors.stop(),
  };
}

/** What it does not learn costs a slot for a while: no reason not to start. */
async function recall(client: KubeClient, keeper: SlotKeeper, logger: Logger): Promise<void> {
  try {
    await recallExecutions(
      client,
      keeper.recall,
      seenExecutionsCapacity,
      AbortSignal.timeout(recallMilliseconds),
    );
  } catch (error) {
    logger.warn({ err: error }, 'not all executions that have settled could be listed; starting without');
  }
}

async function startConfig(
  { installation, environment, logger, signal }: WebhookProcessOptions,
  client: KubeClient,
  events: EventRecorder,
  onProblem: (key: string) => void,
): Promise<ConfigWatch> {
  return startConfigWatch({
    client,
    namespace: installation.namespace,
    environment,
    logger,
    onProblem,
    report: recordConfigReports(events),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function startCallers({ callers, logger }: WebhookProcessOptions) {
  if (callers === 'anyone') {
    logger.warn({}, 'whoever reaches the admission port is believed: this is for trying things only');
    return {};
  }
  const clock = systemClock;
  return {
    ...('admissionPathFolder' in callers && {
      admissionPath: await startAdmissionPathFolder({ folder: callers.admissionPathFolder, clock, logger }),
    }),
    ...(callers.clientAuthority && {
      clients: await startClientAuthorityFile({ ...callers.clientAuthority, clock, logger }),
    }),
  };
}

function reportLags(reflectors: Readonly<Record<string, Reflector>>, metrics: KubeMetrics): void {
  for (const [resource, reflector] of Object.entries(reflectors)) {
    metrics.watchLag(resource, () => (systemClock.now() - reflector.lastActivity()) / 1_000);
  }
}
