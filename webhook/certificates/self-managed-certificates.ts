/**
 * Certificates without anybody's help: a CA and a serving certificate in a Secret, the CA in the webhook
 * configurations, both rotated. One loop compares what is with what should be, whenever one of the objects changes
 * and every minute, in every replica: whoever is first writes, the others find it done.
 */
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { keepCaBundles, webhookConfigurationName } from './ca-bundle-keeper.ts';
import { isUsablePair, validityOf } from './certificate-facts.ts';
import { createCertificateListeners } from './certificate-listeners.ts';
import { certificateSecretName, readCertificates, writeCertificates } from './certificate-secret.ts';
import type { StoredCertificates } from './certificate-secret.ts';
import { caBundleOf, factsOf, rotate, stillTrusting } from './certificate-set.ts';
import { watchCertificateObjects } from './certificate-watch.ts';
import { createRepeater } from './repeater.ts';
import type { RotationPolicy } from './rotation.ts';
import { defaultRotationPolicy, nextRotationAction } from './rotation.ts';
import type { CertificateMetrics, CertificateSource, ServingCertificate } from './serving-certificate.ts';

export interface SelfManagedCertificatesOptions {
  readonly client: KubeClient;
  /** Namespace of the Secret. */
  readonly namespace: string;
  readonly secretName?: string;
  /** Name of both webhook configurations. */
  readonly configurationName?: string;
  /** DNS names and IP addresses under which the API server calls, such as `stepgate-webhook.kubernaut-system.svc`. */
  readonly names: readonly string[];
  readonly policy?: RotationPolicy;
  readonly clock: Clock;
  /** The date, which certificates are about; milliseconds since 1970, such as `Date.now`. */
  readonly today: () => number;
  readonly logger: Logger;
  readonly metrics?: CertificateMetrics;
  readonly pollMilliseconds?: number;
  /** How soon a round that failed is tried again. */
  readonly retryMilliseconds?: number;
  /** Gives up a start that is still waiting for its API server. */
  readonly signal?: AbortSignal;
}

/** More steps than any rotation takes in one round. */
const maximumSteps = 10;

/**
 * Starts the loop. Resolves with the first certificate, once the configurations that exist trust it; while the API
 * server fails it tries again. @throws the reason of `signal`
 */
export async function startSelfManagedCertificates(
  options: SelfManagedCertificatesOptions,
): Promise<CertificateSource> {
  const {
    client,
    names,
    clock,
    today,
    logger,
    policy = defaultRotationPolicy,
    configurationName = webhookConfigurationName,
    retryMilliseconds = 5_000,
  } = options;
  const place = { namespace: options.namespace, name: options.secretName ?? certificateSecretName };
  const listeners = createCertificateListeners(logger);
  const first = Promise.withResolvers<ServingCertificate>();
  let current: ServingCertificate | undefined;
  /** The bundle that every configuration held when it was last looked at, and since when, as far as this replica knows. */
  let complete: { readonly bundle: string; readonly since: number } | undefined;

  const repeater = createRepeater({
    round,
    failed: (error) =>
      logger.warn({ err: error }, 'the certificates could not be looked after; trying again'),
    clock,
    pollMilliseconds: options.pollMilliseconds ?? 60_000,
    retryMilliseconds,
  });
  const watching = watchCertificateObjects(
    client,
    place,
    configurationName,
    { clock, logger },
    repeater.poke,
  );
  const stop = async (): Promise<void> => {
    await Promise.all([watching.stop(), repeater.stop()]);
  };
  const onAbort = (): void => first.reject(options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();
  repeater.poke();
  try {
    const initial = await first.promise;
    return { current: () => current ?? initial, onChange: listeners.add, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }

  /** One look at everything, and as many steps as are due. */
  async function round(): Promise<void> {
    for (let step = 0; step < maximumSteps; step += 1) {
      const stored = await readCertificates(client, place);
      const completeSince = await keepBundles(stored);
      use(stored);
      const action = nextRotationAction(factsOf(stored.set, names, completeSince, today()), today(), policy);
      if (action === 'none') return;
      const rotated = await rotate(stored.set, action, today(), names, policy);
      const next = action === 'create' ? stillTrusting(rotated, current?.ca ?? '', today()) : rotated;
      const written = await writeCertificates(client, place, stored, next);
      if (written) logger.info({ action, secret: place.name }, 'the certificates were rotated');
    }
    throw new Error(`no end of rotation after ${maximumSteps} steps`);
  }

  /** Trust comes before use: the bundles are written before the serving certificate is taken. Answers since when. */
  async function keepBundles({ set }: StoredCertificates): Promise<number | undefined> {
    const bundle = caBundleOf(set);
    if (bundle === '') return undefined;
    try {
      const { changed } = await keepCaBundles(client, configurationName, bundle);
      if (changed > 0) logger.info({ configurationName }, 'the caBundle was written');
      if (changed > 0 || complete?.bundle !== bundle) complete = { bundle, since: today() };
      return complete.since;
    } catch (error) {
      if (current === undefined) throw error;
      // The certificate in use may be about to end: rotation goes on as far as it needs no new trust.
      logger.warn({ err: error }, 'the caBundle could not be written');
      repeater.retry();
      complete = undefined;
      return undefined;
    }
  }

  function use({ set }: StoredCertificates): void {
    const { serving } = set;
    if (serving === undefined || !isUsablePair(serving)) return;
    const ca = caBundleOf(set);
    if (current?.cert === serving.cert && current.key === serving.key && current.ca === ca) return;
    current = { ...serving, ca };
    options.metrics?.expiresAt('serving', validityOf(serving.cert).notAfter);
    options.metrics?.expiresAt('ca', validityOf(ca).notAfter);
    listeners.tell(current);
    first.resolve(current);
  }
}
