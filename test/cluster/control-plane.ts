import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { type ApiServer, startApiServer } from './api-server.ts';
import type { Binaries, Progress } from './binaries.ts';
import type { Child } from './child-process.ts';
import { createControlPlaneFolder } from './control-plane-folder.ts';
import { startControllerManager } from './controller-manager.ts';
import { backUp, putBack } from './etcd-backup.ts';
import { type Etcd, startEtcd } from './etcd.ts';
import { findBinaries } from './find-binaries.ts';
import { type KubeconfigFacts, kubeconfigText, loadKubeConfig } from './kubeconfig-file.ts';
import { type KubectlOptions, type KubectlResult, runKubectl } from './kubectl.ts';
import { type Place, thisMachine } from './place.ts';
import { createTokens, type UserName, userNames } from './users.ts';

export type { UserName } from './users.ts';

export interface ControlPlaneOptions {
  /** `v1.37.2` or `1.32`. Default: the environment's K8S_VERSION, else v1.37.2. */
  readonly version?: string;
  /** Told what happens while binaries are built. */
  readonly progress?: Progress;
  /** More flags for kube-apiserver, `--name=value`; they win over ours. */
  readonly apiServerFlags?: readonly string[];
  /** False: no kube-controller-manager, hence no garbage collection. Default true. */
  readonly controllerManager?: boolean;
  /** What a whole cluster gives its control plane. */
  readonly wholeCluster?: WholeClusterOptions;
}

/** A control plane with nodes runs where they are, knows them and has all controllers. */
export interface WholeClusterOptions {
  readonly place: Place;
  /** Its data goes into this folder, which is there, and which `stop` removes. */
  readonly folder: string;
  /** More addresses of the API server. */
  readonly addresses: readonly string[];
  /** Tokens of nodes and of programs, as lines of --token-auth-file. */
  readonly tokens: string;
}

/** A real Kubernetes control plane of our own: etcd, kube-apiserver, kube-controller-manager, no nodes. */
export interface ControlPlane {
  /** `https://127.0.0.1:port`; stays the same over restarts. */
  readonly url: string;
  /** `v1.37.2` */
  readonly version: string;
  /** Data, keys, kubeconfigs and logs; gone after `stop`. */
  readonly folder: string;
  /** The PEM of the authority behind the API server's certificate. */
  readonly authorityPem: string;
  /** Path of a kubeconfig file; default user admin. */
  kubeconfig(user?: UserName): string;
  /** The same for client-node; `at` leads it over a proxy: another URL, and another authority if it has one. */
  kubeConfig(user?: UserName, at?: { readonly url: string; readonly authorityPem?: string }): KubeConfig;
  /** Runs kubectl as a user (default admin); a failing command is an exit code, not a rejection. */
  kubectl(args: readonly string[], options?: KubectlOptions & { user?: UserName }): Promise<KubectlResult>;
  /** Kills the API server and starts it again on the same port; ready when settled. */
  restartApiServer(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  pauseApiServer(): void;
  resumeApiServer(): void;
  /**
   * Saves etcd's data as a backup would; the function it answers puts that back, with all programs stopped
   * meanwhile: history then goes backwards, and resourceVersions are given a second time.
   */
  saveEtcd(): Promise<() => Promise<void>>;
  /** Ends every process and removes the folder. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a control plane in seconds, on free ports of 127.0.0.1. It ends when this process ends, however
 * that happens. Rejects with NoControlPlaneError where the programs cannot be had, and with
 * ControlPlaneStartError when one of them does not start.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await findBinaries(options);
  const folder = options.wholeCluster?.folder ?? createControlPlaneFolder();
  const running: Running = {};
  const stop = async () => {
    await Promise.all([running.controllerManager, running.apiServer?.child, running.etcd?.child].map(kill));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return await start(binaries, folder, running, stop, options);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What `stop` has to end. */
interface Running {
  etcd?: Etcd;
  apiServer?: ApiServer;
  controllerManager?: Child;
}

async function start(
  binaries: Binaries,
  folder: string,
  running: Running,
  stop: () => Promise<void>,
  options: ControlPlaneOptions,
): Promise<ControlPlane> {
  const { wholeCluster } = options;
  const place = wholeCluster?.place ?? thisMachine;
  const tokens = createTokens();
  let etcd = (running.etcd = await startEtcd(binaries.etcd, folder, place));
  let apiServer = (running.apiServer = await startApiServer({
    command: binaries.apiServer,
    folder,
    etcdUrl: etcd.url,
    tokens,
    flags: options.apiServerFlags ?? [],
    place,
    ...(wholeCluster && { addresses: wholeCluster.addresses, moreTokens: wholeCluster.tokens }),
  }));
  const { url, authorityPem } = apiServer;
  const facts = (user: UserName): KubeconfigFacts => ({ url, authorityPem, user, token: tokens[user] });
  const kubeconfig = (user: UserName = 'admin') => join(folder, `${user}.kubeconfig`);
  for (const user of userNames) writeFileSync(kubeconfig(user), kubeconfigText(facts(user)), { mode: 0o600 });

  const startControllers = () => {
    if (binaries.controllerManager === undefined || options.controllerManager === false) return;
    const controllers = wholeCluster && ['*'];
    running.controllerManager = startControllerManager(
      place.inside(binaries.controllerManager),
      folder,
      kubeconfig(),
      controllers,
    );
  };
  startControllers();

  return {
    url,
    version: binaries.version,
    folder,
    authorityPem,
    kubeconfig,
    kubeConfig: (user = 'admin', at = { url }) => loadKubeConfig({ ...facts(user), ...at }),
    kubectl: (args, { user, ...rest } = {}) =>
      runKubectl(binaries.kubectl, args, { ...rest, kubeconfig: kubeconfig(user), home: folder }),
    async restartApiServer() {
      await apiServer.child.kill();
      apiServer = running.apiServer = await apiServer.restarted();
    },
    pauseApiServer: () => apiServer.child.signal('SIGSTOP'),
    resumeApiServer: () => apiServer.child.signal('SIGCONT'),
    async saveEtcd() {
      const backup = backUp(etcd, folder);
      return async () => {
        await Promise.all([running.controllerManager, apiServer.child, etcd.child].map(kill));
        putBack(backup, etcd);
        etcd = running.etcd = await etcd.restarted();
        apiServer = running.apiServer = await apiServer.restarted();
        startControllers();
      };
    },
    stop,
  };
}

async function kill(child: Child | undefined): Promise<void> {
  await child?.kill();
}
