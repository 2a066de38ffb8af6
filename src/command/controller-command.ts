import { startControllerProcess, unknownActionPolicies } from '../../sdk/controller-process.ts';
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

const usage = `stepgate controller [flags]

Acts upon AIAnalyses, runs WorkflowExecutions and their actions. Settings come from the ConfigMap ${defaultInstallation.configMap}
and from the environment (KUBERNETES_QPS=20, ...), which wins.

${commonUsage}
  --no-leader-elect          work without asking whether another controller does
  --plugin FILE              a plugin, as a file or a package: its actions are run (repeatable)
  --cluster-name NAME        a name of this cluster in spec.targetCluster (repeatable)
  --unknown-actions POLICY   executions with an action that nobody here has: ${unknownActionPolicies.join(' or ')} (default fail)
  --reviewer-user USER       who alone may decide on what analyses ask, of those with the rights to (repeatable)
  --reviewer-group GROUP     the same of a group (repeatable)
${lastUsage}
`;

const flags = {
  ...commonFlags,
  'leader-elect': { type: 'boolean', default: true },
  'cluster-name': { type: 'string', multiple: true },
  'unknown-actions': { type: 'string', default: 'fail' },
  'reviewer-user': { type: 'string', multiple: true },
  'reviewer-group': { type: 'string', multiple: true },
} as const;

/** `stepgate controller` */
export const controllerCommand: Command = {
  name: 'controller',
  usage,
  async run(args, host) {
    const values = readFlags(args, flags);
    const logger = loggerOf(values['log-level'], 'controller');
    const metricsPort = portOf('metrics-port', values['metrics-port']);
    const unknownActions = unknownActionPolicies.find((policy) => policy === values['unknown-actions']);
    if (unknownActions === undefined) {
      const expected = unknownActionPolicies.join(' or ');
      throw new UsageError(`--unknown-actions: expected ${expected}, got ${values['unknown-actions']}`);
    }
    await runUntilSignal(host, logger, async (signal) =>
      startControllerProcess({
        plugins: await loadPlugins(values.plugin ?? [], { provide: host.provide }),
        kubeConfig: await kubeConfigOf(values.kubeconfig, host),
        installation: installationOf(values, host),
        environment: environmentTexts(host.environment),
        metricsPort,
        ...(values.host === undefined ? {} : { host: values.host }),
        replica: replicaOf(host),
        leaderElect: values['leader-elect'],
        clusterNames: values['cluster-name'] ?? [],
        unknownActions,
        reviewer: { users: values['reviewer-user'] ?? [], groups: values['reviewer-group'] ?? [] },
        process: host.process,
        logger,
        signal,
      }),
    );
  },
};
