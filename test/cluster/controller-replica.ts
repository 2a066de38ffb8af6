import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from './child-process.ts';
import type { ControlPlane } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** A controller as a process of its own, with the rights of the controller's account and no others. */
export interface ControllerReplica {
  readonly name: string;
  /** `http://127.0.0.1:port`, for /readyz and /metrics. */
  readonly metricsUrl: string;
  readonly child: Child;
  /** Resolves when /readyz says ok, leading or not; rejects with the last lines of its log when it ends instead. */
  ready(): Promise<void>;
}

/** How a controller is started. */
export interface ControllerReplicaOptions {
  readonly name: string;
  /** Where it finds the API server, such as a proxy in front of it; default: the API server itself. */
  readonly at?: { readonly url: string; readonly authorityPem: string };
  /** Settings that win over the ConfigMap, such as `{ KUBERNETES_QPS: '1000' }`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Files of plugins. */
  readonly plugins?: readonly string[];
  /** False: it works without asking whether another does. Default true. */
  readonly leaderElection?: boolean;
  readonly logLevel?: string;
  /** The script that runs, default src/main.ts; benchmarks have their own. */
  readonly script?: string;
  /** More flags of the command, by name without dashes. */
  readonly flags?: Readonly<Record<string, string>>;
  /** The same for flags that have no value. */
  readonly switches?: readonly string[];
}

/** Starts a controller; it ends with this process at the latest. */
export async function startControllerReplica(
  controlPlane: ControlPlane,
  {
    name,
    at,
    environment = {},
    plugins = [],
    leaderElection = true,
    logLevel = 'info',
    script = join(import.meta.dirname, '../../src/main.ts'),
    flags: moreFlags = {},
    switches = [],
  }: ControllerReplicaOptions,
): Promise<ControllerReplica> {
  const metricsPort = await freePort();
  const flags = {
    kubeconfig:
      at === undefined ? controlPlane.kubeconfig('controller') : kubeconfigOver(controlPlane, name, at),
    host: '127.0.0.1',
    'metrics-port': String(metricsPort),
    'log-level': logLevel,
    ...moreFlags,
  };
  const child = startChild({
    name,
    command: [process.execPath],
    args: [
      script,
      'controller',
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      ...(leaderElection ? [] : ['--no-leader-elect']),
      ...plugins.map((plugin) => `--plugin=${plugin}`),
      ...switches.map((flag) => `--${flag}`),
    ],
    logFile: join(controlPlane.folder, `${name}.log`),
    env: { POD_NAME: name, ...environment },
  });
  const metricsUrl = `http://127.0.0.1:${metricsPort}`;
  return {
    name,
    metricsUrl,
    child,
    async ready() {
      const isReady = async (): Promise<boolean> => {
        if (child.hasExited) throw new Error(`controller ${name} has ended:\n${child.lastLogLines()}`);
        try {
          return (await fetch(`${metricsUrl}/readyz`)).ok;
        } catch {
          return false;
        }
      };
      await eventually(`controller ${name} is ready`, isReady, 60_000).catch((error: unknown) => {
        throw new Error(`controller ${name} is not ready:\n${child.lastLogLines()}`, { cause: error });
      });
    },
  };
}

function kubeconfigOver(
  controlPlane: ControlPlane,
  name: string,
  at: { readonly url: string; readonly authorityPem: string },
): string {
  const file = join(controlPlane.folder, `${name}.kubeconfig`);
  writeFileSync(file, controlPlane.kubeConfig('controller', at).exportConfig(), { mode: 0o600 });
  return file;
}
