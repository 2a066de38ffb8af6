/**
 * What gives the API server and the webhook the secrets that they know each other by: the admission path and, where no
 * cert-manager does it, the certificate and its authority. Each task may be repeated at any point, and goes on from what it
 * finds. Whatever is written, the replicas accept it before the API server is told to use it.
 */
import type { Installation } from '../../src/api/manifests/installation.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { AdmissionPath } from '../server/admission-path.ts';
import { randomSegment, readAdmissionPath, segmentOf, writeAdmissionPath } from './admission-path-secret.ts';
import { InstallerError } from './installer-error.ts';
import { accepts, readyReplicas } from './replicas.ts';
import {
  isAging,
  issueServingPair,
  readServingPair,
  type ServingPair,
  writeServingPair,
} from './serving-secret.ts';
import { applyWebhooks, type InstalledWebhook, readWebhooks, routesOf } from './webhook-configurations.ts';

/** One run of the installer. */
export interface InstallerOptions {
  readonly client: KubeClient;
  readonly installation: Installation;
  /** Whether certificates are made here; else cert-manager writes the caBundle. */
  readonly makesCertificates: boolean;
  /** Whether the webhook demands client certificates, so that its replicas cannot be asked and time has to do. */
  readonly demandsClientCertificates: boolean;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Milliseconds since 1970, such as `Date.now`. */
  readonly today: () => number;
  readonly logger: Logger;
  readonly times?: Partial<InstallerTimes>;
}

/** Milliseconds. */
export interface InstallerTimes {
  /** Until every API server has seen a change of a webhook configuration. */
  readonly untilSeen: number;
  /** Until every kubelet has mounted a change of a Secret. */
  readonly untilMounted: number;
}

const defaultTimes: InstallerTimes = { untilSeen: 10_000, untilMounted: 180_000 };

/**
 * Before the objects of a release are installed or changed: makes the Secrets that pods need to start, where they are missing
 * or cannot be used, and takes over the fields of the configurations that are there.
 */
export async function prepareInstallation(options: InstallerOptions): Promise<void> {
  const webhooks = ofThisVersion(await readWebhooks(options.client));
  const present = webhooks.filter(({ path, authorities }) => path !== '' || authorities !== '');
  await applyWebhooks(options.client, present, ({ path, authorities }) => ({
    path,
    ...(options.makesCertificates && { authorities }),
  }));
  if (options.makesCertificates) await ensureServingPair(options, present, () => false);
  await ensureAdmissionPath(options, present);
}

/**
 * Makes the API server call by the path of the Secret, and trust its authority, once every replica that it may call accepts
 * both.
 * @throws InstallerError while that is not so
 */
export async function publishInstallation(options: InstallerOptions): Promise<void> {
  const { client, installation, makesCertificates, today, logger } = options;
  const webhooks = await readAllWebhooks(client);
  const pair = makesCertificates
    ? await ensureServingPair(options, webhooks, (stored) => isAging(stored, today()))
    : undefined;
  const { current } = await ensureAdmissionPath(options, webhooks);
  const routes = routesOf(current);
  const wanted = ({ name }: InstalledWebhook) => ({
    path: routes.get(name) ?? '',
    ...(pair !== undefined && { authorities: pair.authority }),
  });
  const isPublished = webhooks.every((webhook) => {
    const { path, authorities } = wanted(webhook);
    return webhook.path === path && (authorities === undefined || webhook.authorities === authorities);
  });
  if (!isPublished) {
    await untilAccepted(options, webhooks, current, pair?.authority ?? injectedAuthorities(webhooks));
    await applyWebhooks(client, webhooks, wanted);
    logger.info({ namespace: installation.namespace }, 'the webhook configurations were changed');
  }
}

/** Makes a new admission path, and a new certificate where they are made here. Nobody uses the path before it is published. */
export async function renewSecrets(options: InstallerOptions): Promise<void> {
  const { client, installation, makesCertificates, logger } = options;
  if (makesCertificates) await ensureServingPair(options, await readAllWebhooks(client), () => true);
  const stored = await readAdmissionPath(client, pathPlace(installation));
  const previous = stored.path?.current;
  await writeAdmissionPath(client, stored, {
    current: randomSegment(),
    ...(previous !== undefined && { previous }),
  });
  logger.info({ secret: installation.admissionPathSecret }, 'the admission path was made anew');
}

/** Ends a rotation: the path before this one is accepted no more. */
export async function retirePreviousPath({ client, installation, logger }: InstallerOptions): Promise<void> {
  const stored = await readAdmissionPath(client, pathPlace(installation));
  if (stored.path?.previous === undefined) return;
  await writeAdmissionPath(client, stored, { current: stored.path.current });
  logger.info({ secret: installation.admissionPathSecret }, 'the previous admission path was retired');
}

/** DNS names under which the API server calls the webhook of an installation. */
export function servingNames({ webhookService, namespace }: Installation): readonly [string, ...string[]] {
  return [
    `${webhookService}.${namespace}.svc`,
    `${webhookService}.${namespace}`,
    `${webhookService}.${namespace}.svc.cluster.local`,
  ];
}

/** The stored certificate; a new one where there is none or it is due. Trust comes before use. */
async function ensureServingPair(
  { client, installation, clock, today, logger, times }: InstallerOptions,
  webhooks: readonly InstalledWebhook[],
  isDue: (pair: ServingPair) => boolean,
): Promise<ServingPair> {
  const { namespace, certificateSecret: name } = installation;
  const names = servingNames(installation);
  const stored = await readServingPair(client, { namespace, name }, names, today());
  if (stored.pair !== undefined && !isDue(stored.pair)) return stored.pair;
  const issued = await issueServingPair(names, today());
  if (webhooks.some(({ authorities }) => authorities !== '')) {
    await applyWebhooks(client, webhooks, ({ path, authorities }) => ({
      path,
      authorities: `${authorities.trimEnd()}\n${issued.authority}`.trimStart(),
    }));
    await clock.sleep(times?.untilSeen ?? defaultTimes.untilSeen);
  }
  await writeServingPair(client, stored, issued);
  logger.info({ secret: name }, 'a certificate was made');
  return issued;
}

/** The stored path; a new one where there is none. What the API server calls by now stays accepted. */
async function ensureAdmissionPath(
  { client, installation, logger }: InstallerOptions,
  webhooks: readonly InstalledWebhook[],
): Promise<AdmissionPath> {
  const stored = await readAdmissionPath(client, pathPlace(installation));
  if (stored.path !== undefined) return stored.path;
  const previous = webhooks.map(({ path }) => segmentOf(path)).find((segment) => segment !== undefined);
  const path = { current: randomSegment(), ...(previous !== undefined && { previous }) };
  await writeAdmissionPath(client, stored, path);
  logger.info({ secret: installation.admissionPathSecret }, 'an admission path was made');
  return path;
}

/** @throws InstallerError while a replica does not accept the segment, or there is none */
async function untilAccepted(
  { client, installation, demandsClientCertificates, clock, times }: InstallerOptions,
  webhooks: readonly InstalledWebhook[],
  segment: string,
  authorities: string,
): Promise<void> {
  if (demandsClientCertificates) {
    // In a new installation pods have mounted what there is: nothing was there before.
    const isNew = webhooks.every(({ path }) => path === '');
    if (!isNew) await clock.sleep(times?.untilMounted ?? defaultTimes.untilMounted);
    return;
  }
  const { namespace, webhookService: name } = installation;
  const [serverName] = servingNames(installation);
  const replicas = await readyReplicas(client, { namespace, name });
  if (replicas.length === 0) throw new InstallerError('no replica of the webhook is ready yet');
  const answers = await Promise.all(
    replicas.map(async (replica) => ({
      ...replica,
      accepted: await accepts(replica, { segment, authorities, serverName }),
    })),
  );
  const refusing = answers.filter(({ accepted }) => !accepted).map(({ address }) => address);
  if (refusing.length > 0) {
    throw new InstallerError(
      `these replicas do not accept the new admission path yet: ${refusing.join(', ')}; kubelet may take two minutes`,
    );
  }
}

/** @throws InstallerError while one is missing */
async function readAllWebhooks(client: KubeClient): Promise<InstalledWebhook[]> {
  const webhooks = ofThisVersion(await readWebhooks(client));
  const missing = [...routesOf().keys()].filter((name) => webhooks.every((webhook) => webhook.name !== name));
  if (missing.length > 0) {
    throw new InstallerError(`the webhook configurations have no webhook ${missing.join(', ')} yet`);
  }
  return webhooks;
}

/** What cert-manager has written. @throws InstallerError while it has not */
function injectedAuthorities(webhooks: readonly InstalledWebhook[]): string {
  if (webhooks.some(({ authorities }) => authorities === '')) {
    throw new InstallerError(
      'cert-manager has not written the caBundle of the webhook configurations yet; see kubectl describe certificate',
    );
  }
  return [...new Set(webhooks.map(({ authorities }) => authorities))].join('\n');
}

function ofThisVersion(webhooks: readonly InstalledWebhook[]): InstalledWebhook[] {
  const routes = routesOf();
  return webhooks.filter(({ name }) => routes.has(name));
}

function pathPlace({ namespace, admissionPathSecret: name }: Installation) {
  return { namespace, name };
}
