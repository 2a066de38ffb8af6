import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { defaultInstallation } from '../../src/api/manifests/installation.ts';
import { recordConfigReports } from '../../src/config/config-events.ts';
import { type ConfigWatch, startConfigWatch } from '../../src/config/config-watch.ts';
import type { Readiness } from '../../src/http/health-routes.ts';
import { createMetricsServer } from '../../src/http/metrics-server.ts';
import { beforeDeadline } from '../../src/kube/before-deadline.ts';
import { type Clock, systemClock } from '../../src/kube/clock.ts';
import { createEventRecorder, type EventRecorder } from '../../src/kube/events.ts';
import { confirmingClient } from '../../src/kube/confirming-client.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { type LeaderElection, startLeaderElection } from '../../src/kube/leader-election.ts';
import { leaderElectionTimes } from '../../src/kube/leader-election-times.ts';
import { createRateLimitedClient } from '../../src/kube/rate-limited-client.ts';
import { createConfigMetrics } from '../../src/observability/config-metrics.ts';
import { createKubeMetrics, type KubeMetrics } from '../../src/observability/kube-metrics.ts';
import { createLeaderElectionMetrics } from '../../src/observability/leader-election-metrics.ts';
import { createLogger, type Logger } from '../../src/observability/logger.ts';
import { createMetricsRegistry } from '../../src/observability/metrics-registry.ts';
import { createRateLimiterMetrics } from '../../src/observability/rate-limiter-metrics.ts';
import type { ControllerRunner } from './controller-runner.ts';
import { leaderClient } from './leader-client.ts';
import { ManagerError } from './manager-error.ts';
import type { Manager, ManagerOptions } from './manager-options.ts';
import { setUpControllers } from './set-up-controllers.ts';
import { createSharedCaches, type SharedCaches } from './shared-caches.ts';

/** What Events may take to be sent once all else has ended. */
const eventsMilliseconds = 1_000;

/**
 * A manager that does not run yet.
 *
 * @example
 * const manager = createManager({ kubeConfig, controllers: [workflowController()] });
 * manager.ended.catch(() => process.exit(1));
 * await manager.start();
 *
 * @throws ManagerError for controllers of the same name, RangeError for times with which two could lead
 */
export function createManager(options: ManagerOptions): Manager {
  const names = options.controllers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ManagerError(`Two controllers are called ${twice}`);
  leaderElectionTimes(options.leaderElection);
  return new RunningManager(options);
}

class RunningManager implements Manager {
  metricsPort: number | undefined;
  readonly #options: ManagerOptions;
  readonly #clock: Clock;
  readonly #date: () => Date;
  readonly #random: () => number;
  readonly #logger: Logger;
  readonly #identity: string;
  readonly #registry = createMetricsRegistry({ processMetrics: true });
  readonly #kubeMetrics: KubeMetrics = createKubeMetrics(this.#registry);
  readonly #stopping = new AbortController();
  readonly #elected = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  /** What ends the parts; those that were made last end first. */
  readonly #closers: (() => Promise<void> | void)[] = [];
  #started = false;
  #stopped: Promise<void> | undefined;
  #caches: SharedCaches | undefined;
  #election: LeaderElection | undefined;
  /** Without an election: true while controllers work. */
  #alone = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#date = options.date ?? (() => new Date());
    this.#random = options.random ?? Math.random;
    this.#logger = options.logger ?? createLogger({ level: 'info', component: 'controller' });
    this.#identity = options.identity ?? hostname();
    // Nobody need wait for them.
    this.#elected.promise.catch(() => {});
    this.#ended.promise.catch(() => {});
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get leading(): boolean {
    return this.#alone || this.#election?.leading === true;
  }

  elected(): Promise<void> {
    return this.#elected.promise;
  }

  async start(): Promise<void> {
    if (this.#started) throw new ManagerError('A manager can be started once');
    this.#started = true;
    try {
      await this.#start();
    } catch (error) {
      await this.stop();
      // What was made while it was stopped.
      await this.#close();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#started = true;
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #start(): Promise<void> {
    const { kubeConfig } = this.#options;
    const client = this.#connect('controller');
    await this.#listen();
    // Stopped after whatever works, so that nobody else begins before.
    const electionClient = this.#connect('leader-election');
    this.#closers.push(() => this.#election?.stop());
    // Its own: what controllers send is ended before the last Events are sent.
    const events = this.#recordEvents(this.#connect('controller'));
    const config = await this.#readConfig(client, events);
    const limited = confirmingClient(this.#limit(client, config), this.#clock);
    const parts = { clock: this.#clock, random: this.#random, logger: this.#logger };
    const caches = createSharedCaches({ ...parts, client: limited, metrics: this.#kubeMetrics });
    const runners = setUpControllers(this.#options.controllers, {
      ...parts,
      client: limited,
      kubeConfig,
      config: config.current,
      onConfigChange: config.onChange,
      events,
      metrics: this.#registry,
      date: this.#date,
      identity: this.#identity,
      leading: () => this.leading,
      cache: (asked) => caches.open(asked),
    });
    this.#stopping.signal.throwIfAborted();
    this.#caches = caches;
    caches.start();
    this.#closers.push(() => caches.stop());
    this.#closers.push(() => this.#drain(runners));
    void this.#lead(runners, caches, electionClient);
  }

  async #stop(): Promise<void> {
    const reason = new ManagerError('The manager was stopped');
    this.#stopping.abort(reason);
    this.#elected.reject(reason);
    await this.#close();
    this.#ended.resolve();
    this.#logger.info({}, 'The manager has stopped');
  }

  async #close(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        this.#logger.error({ err: error }, 'A part of the manager could not be stopped');
      }
    }
  }

  /** Each client has connections of its own: no load of ours can cost us the leadership. */
  #connect(component: 'controller' | 'leader-election'): KubeClient {
    const onResponse = this.#kubeMetrics.responded;
    const client = createKubeClient(this.#options.kubeConfig, { component, onResponse });
    this.#closers.push(() => client.close());
    return client;
  }

  async #listen(): Promise<void> {
    const { metricsPort, host } = this.#options;
    if (metricsPort === undefined) return;
    const server = createMetricsServer({
      clock: this.#clock,
      logger: this.#logger,
      readiness: () => this.#readiness(),
      metricsSource: this.#registry,
    });
    this.metricsPort = await server.start(metricsPort, host);
    this.#closers.push(() => server.stop());
    this.#logger.info({ metricsPort: this.metricsPort }, 'The manager listens');
  }

  /** Who stands by is ready: it has seen all there is, and could begin at once. */
  #readiness(): Readiness {
    if (this.#stopping.signal.aborted) return { ready: false, reasons: ['this replica is shutting down'] };
    if (this.#caches === undefined) return { ready: false, reasons: ['the configuration is not read yet'] };
    const reasons = this.#caches.missing.map((resource) => `the first list of ${resource} is not complete`);
    return { ready: reasons.length === 0, reasons };
  }

  #recordEvents(client: KubeClient): EventRecorder {
    const clock = this.#clock;
    const events = createEventRecorder({
      client,
      reporter: { controller: 'stepgate-controller', instance: this.#identity },
      clock,
      date: this.#date,
      random: this.#random,
      logger: this.#logger,
    });
    this.#closers.push(async () => {
      const bounds = { clock, milliseconds: eventsMilliseconds, what: 'Sending the last Events' };
      await beforeDeadline(events.idle(), bounds).catch(() => {});
      await events.stop();
    });
    return events;
  }

  async #readConfig(client: KubeClient, events: EventRecorder): Promise<ConfigWatch> {
    const config = await startConfigWatch({
      client,
      namespace: this.#installation.namespace,
      environment: this.#options.environment ?? {},
      logger: this.#logger,
      onProblem: createConfigMetrics(this.#registry).rejected,
      report: recordConfigReports(events),
      signal: this.#stopping.signal,
      reflector: { clock: this.#clock, random: this.#random },
    });
    this.#closers.push(() => config.stop());
    return config;
  }

  /** What controllers write is held back, and is sent only while this process leads. */
  #limit(client: KubeClient, config: ConfigWatch): KubeClient {
    const { kubernetesQps, kubernetesBurst } = config.current();
    const limited = createRateLimitedClient({
      client: leaderClient(client, () => this.leading),
      clock: this.#clock,
      perSecond: kubernetesQps,
      burst: kubernetesBurst,
      waited: createRateLimiterMetrics(this.#registry).waited,
    });
    config.onChange((current) => limited.changeRate(current.kubernetesQps, current.kubernetesBurst));
    this.#closers.push(() => limited.close());
    return limited;
  }

  async #lead(
    runners: readonly ControllerRunner[],
    caches: SharedCaches,
    electionClient: KubeClient,
  ): Promise<void> {
    try {
      await caches.synced(this.#stopping.signal);
      await this.#win(runners, electionClient);
      await Promise.all(runners.map((runner) => runner.lead()));
      this.#elected.resolve();
    } catch (error) {
      // Stopped, or leadership was lost: who should know has been told.
      this.#logger.debug({ err: error }, 'The manager does not lead');
    }
  }

  async #win(runners: readonly ControllerRunner[], client: KubeClient): Promise<void> {
    const {
      enabled = true,
      leaseName = this.#installation.controllerLease,
      ...times
    } = this.#options.leaderElection ?? {};
    this.#stopping.signal.throwIfAborted();
    createLeaderElectionMetrics(this.#registry).candidate(leaseName, () => this.leading);
    if (!enabled) {
      this.#alone = true;
      return;
    }
    const election = startLeaderElection({
      client,
      namespace: times.namespace ?? this.#installation.namespace,
      name: leaseName,
      // A process that was started anew is not the one before it, which may still be at work.
      identity: `${this.#identity}_${randomUUID()}`,
      clock: this.#clock,
      date: this.#date,
      random: this.#random,
      logger: this.#logger,
      times,
    });
    this.#election = election;
    election.ended.addEventListener('abort', () => {
      if (this.#stopping.signal.aborted) return;
      for (const runner of runners) runner.abort(election.ended.reason);
      this.#elected.reject(election.ended.reason);
      this.#ended.reject(election.ended.reason);
    });
    await election.elected();
  }

  async #drain(runners: readonly ControllerRunner[]): Promise<void> {
    const {
      drainMilliseconds = 10_000,
      abortMilliseconds = 5_000,
      stopMilliseconds = 12_000,
    } = this.#options;
    const times = { drainMilliseconds, abortMilliseconds, stopMilliseconds };
    this.#logger.info({}, 'The manager is stopping');
    await Promise.all(runners.map((runner) => runner.stop(times)));
    this.#alone = false;
  }

  get #installation() {
    return this.#options.installation ?? defaultInstallation;
  }
}
