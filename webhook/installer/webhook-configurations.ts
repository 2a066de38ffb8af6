/**
 * The fields of the webhook configurations that the installer owns: the path, which has the admission path's segment, and
 * the caBundle where the certificates are stepgate's own. They are written by server-side apply under a field manager of
 * their own, so that neither the chart nor cert-manager, who own the rest, takes them back.
 */
import type { ResourceKind } from '../../src/api/names.ts';
import {
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
  webhookConfigurationName,
} from '../../src/api/manifests/webhook-configurations.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';

const group = 'admissionregistration.k8s.io';
const version = 'v1';

/** The kinds of the two configurations. */
export const webhookConfigurationKinds: readonly ResourceKind[] = [
  { group, version, kind: 'MutatingWebhookConfiguration', plural: 'mutatingwebhookconfigurations' },
  { group, version, kind: 'ValidatingWebhookConfiguration', plural: 'validatingwebhookconfigurations' },
];

/** What managedFields call the installer. */
export const installerFieldManager = 'stepgate-installer';

/** One webhook as the API server has it, as far as the installer reads it. */
export interface InstalledWebhook {
  readonly kind: string;
  readonly name: string;
  readonly path: string;
  /** PEM; '' where there is none. */
  readonly authorities: string;
}

/** What the installer writes of a webhook. Without authorities the caBundle is left to its owner; so is an empty path. */
export interface OwnedFields {
  readonly path: string;
  readonly authorities?: string;
}

interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle?: string; readonly service?: { readonly path?: string } };
  }[];
}

/**
 * The webhooks of both configurations. Of a configuration that does not exist there are none.
 * @throws KubeStatusError | KubeConnectionError
 */
export async function readWebhooks(client: KubeClient): Promise<InstalledWebhook[]> {
  const found = await Promise.all(webhookConfigurationKinds.map((kind) => readKind(client, kind)));
  return found.flat();
}

async function readKind(client: KubeClient, kind: ResourceKind): Promise<InstalledWebhook[]> {
  try {
    const { webhooks = [] } = await client.request<WebhookConfiguration>({
      method: 'GET',
      path: pathOf(kind),
    });
    return webhooks.map(({ name, clientConfig }) => ({
      kind: kind.kind,
      name,
      path: clientConfig.service?.path ?? '',
      authorities: Buffer.from(clientConfig.caBundle ?? '', 'base64').toString('utf8'),
    }));
  } catch (error) {
    if (isKubeStatus(error, 404, 'NotFound')) return [];
    throw error;
  }
}

/**
 * Writes the fields of these webhooks, and gives up those of all others: a webhook that a version no longer has would be
 * kept by what is left of it.
 * @throws KubeStatusError | KubeConnectionError
 */
export async function applyWebhooks(
  client: KubeClient,
  webhooks: readonly InstalledWebhook[],
  fieldsOf: (webhook: InstalledWebhook) => OwnedFields,
): Promise<void> {
  for (const kind of webhookConfigurationKinds) {
    const ofKind = webhooks.filter((webhook) => webhook.kind === kind.kind);
    if (ofKind.length === 0) continue;
    await client.request({
      method: 'PATCH',
      path: pathOf(kind),
      query: { fieldManager: installerFieldManager, force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: `${kind.group}/${kind.version}`,
        kind: kind.kind,
        metadata: { name: webhookConfigurationName },
        webhooks: ofKind.map((webhook) => ({
          name: webhook.name,
          clientConfig: clientConfigOf(fieldsOf(webhook)),
        })),
      },
    });
  }
}

function clientConfigOf({ path, authorities }: OwnedFields): object {
  const caBundle = Buffer.from(authorities ?? '').toString('base64');
  return { ...(path !== '' && { service: { path } }), ...(caBundle !== '' && { caBundle }) };
}

/** The path of each webhook that this version has, by its name, below the segment; without one, as the routes are. */
export function routesOf(admissionPath?: string): ReadonlyMap<string, string> {
  const options = {
    clientConfig: { service: { namespace: '', name: '' } },
    ...(admissionPath !== undefined && { admissionPath }),
  };
  const made = [mutatingWebhookConfiguration(options), validatingWebhookConfiguration(options)];
  const webhooks = made.flatMap(
    (configuration) => (configuration as unknown as WebhookConfiguration).webhooks ?? [],
  );
  return new Map(webhooks.map(({ name, clientConfig }) => [name, clientConfig.service?.path ?? '']));
}

function pathOf(kind: ResourceKind): string {
  return resourcePath(kind, { name: webhookConfigurationName });
}
