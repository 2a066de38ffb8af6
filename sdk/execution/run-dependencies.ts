import type { BackoffPolicy } from '../../src/kube/backoff.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeLogger } from '../../src/kube/kube-logger.ts';
import type { ExecutionMetrics } from '../../src/observability/execution-metrics.ts';
import type { StrayErrors } from '../../src/plugin/stray-errors.ts';
import type { ActionCode } from './action-code.ts';
import type { ServiceAccountClients } from './service-account-clients.ts';

/** What running executions needs; the same for all of them. */
export interface RunDependencies {
  /** The controller's own, for executions and their status alone. */
  readonly client: KubeClient;
  readonly accounts: ServiceAccountClients;
  readonly clock: Clock;
  readonly date: () => Date;
  readonly random: () => number;
  /** Name of this process among its replicas. */
  readonly identity: string;
  /** True while this process may write. */
  readonly leading: () => boolean;
  readonly logger: KubeLogger;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: ExecutionMetrics;
  readonly strayErrors: Pick<StrayErrors<ActionCode>, 'within'>;
  readonly defaultServiceAccount: string;
  /** Waits between attempts. */
  readonly retryBackoff: BackoffPolicy;
  /** The longest that one attempt may take, in milliseconds: the setting `max-step-timeout`. */
  readonly maximumTimeout: () => number;
  /** How long an action may take to stop once it is told to. */
  readonly graceMilliseconds: number;
}
