import type { Installation } from '../../src/api/manifests/installation.ts';
import type { ConfigTexts } from '../../src/config/config-schema.ts';
import type { ClusterAccess } from '../../src/kube/cluster-access.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { LeaderElectionTimes } from '../../src/kube/leader-election-times.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { Controller } from '../controller/controller.ts';

/** Which of several processes with the same controllers works. */
export interface ManagerLeaderElection extends Partial<LeaderElectionTimes> {
  /** Default true. False: this process is the only one, and somebody else sees to it. */
  readonly enabled?: boolean;
  /** Name of the Lease; default that of the installation, `stepgate-controller`. */
  readonly leaseName?: string;
  /** Namespace of the Lease; default that of the installation. */
  readonly namespace?: string;
}

/** What a manager is made of. All but the first two have defaults. */
export interface ManagerOptions {
  readonly kubeConfig: ClusterAccess;
  readonly controllers: readonly Controller[];
  readonly leaderElection?: ManagerLeaderElection;
  /** Where the ConfigMap and the Lease live; default `defaultInstallation`. */
  readonly installation?: Installation;
  /** Overrides of the configuration, from `environmentTexts`; default none. */
  readonly environment?: Partial<ConfigTexts>;
  /** Port of `/healthz`, `/readyz` and `/metrics`; 0 takes a free one. Default: none is opened. */
  readonly metricsPort?: number;
  /** Address of that port; default all of them. */
  readonly host?: string;
  /** Name of this process among its replicas, such as the pod's; default the machine's name. */
  readonly identity?: string;
  /** Default: lines of JSON on the standard output, from `info` on. */
  readonly logger?: Logger;
  /** How long reconciles may go on once the manager is stopped, before they are aborted; default 10,000. */
  readonly drainMilliseconds?: number;
  /** How long what was aborted may take to end; default 5,000. */
  readonly abortMilliseconds?: number;
  /** How long a controller's `stop` may take; default 12,000. All three fit into a pod's 30 seconds. */
  readonly stopMilliseconds?: number;
  readonly clock?: Clock;
  /** The time of day; default the machine's. */
  readonly date?: () => Date;
  /** Uniform in [0, 1); default Math.random. */
  readonly random?: () => number;
}

/** Runs controllers, in one of several processes at a time. */
export interface Manager {
  /**
   * Reads the configuration, opens the port and begins to watch. Resolves when that is done: caches fill and the
   * election goes on behind it. Once.
   * @throws ConfigError for a value that cannot be used, the error of `listen`, what a controller's `setup` throws;
   * nothing is left running then
   */
  start(): Promise<void>;
  /** Resolves when this process leads and all its controllers reconcile. Rejects when it is stopped before. */
  elected(): Promise<void>;
  /**
   * Drains: takes no further key, lets reconciles end, stops controllers, and gives the lease back when nothing of
   * it works any more. Safe at any time, and more than once.
   */
  stop(): Promise<void>;
  /**
   * Resolves once it is stopped. Rejects with LeadershipLostError in the moment this process leads no more: what goes
   * on is aborted, nothing of the manager can be used again, and the process should end.
   */
  readonly ended: Promise<void>;
  /** True while this process works. */
  readonly leading: boolean;
  /** The port that was opened, if one was. */
  readonly metricsPort: number | undefined;
}
