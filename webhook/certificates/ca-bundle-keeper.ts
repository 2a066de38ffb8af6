/** Keeps the caBundle of our webhook configurations what it should be, whoever has changed it. */
import type { ResourceKind } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';

const group = 'admissionregistration.k8s.io';
const version = 'v1';

/** The kinds of object that hold a caBundle of ours. */
export const webhookConfigurationKinds: readonly ResourceKind[] = [
  { group, version, kind: 'MutatingWebhookConfiguration', plural: 'mutatingwebhookconfigurations' },
  { group, version, kind: 'ValidatingWebhookConfiguration', plural: 'validatingwebhookconfigurations' },
];

/** Name of both configurations, unless configured otherwise. */
export const webhookConfigurationName = 'stepgate';

interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle?: string };
  }[];
}

/** What became of the configurations. */
export interface BundleOutcome {
  /** Configurations that exist, of two. */
  readonly found: number;
  /** Configurations that had to be changed. */
  readonly changed: number;
}

/** The caBundle could not be written although it was tried again and again: somebody else keeps writing. */
export class CaBundleContendedError extends Error {
  readonly code = 'CaBundleContended';
  override readonly name = 'CaBundleContendedError';
}

const attempts = 5;

/**
 * Writes `bundle` (PEM) into every webhook of both configurations where it is not that already. A configuration that
 * is missing is nobody's fault: it may be installed later.
 * @throws KubeStatusError | KubeConnectionError | CaBundleContendedError
 */
export async function keepCaBundles(
  client: KubeClient,
  name: string,
  bundle: string,
): Promise<BundleOutcome> {
  const outcomes = await Promise.all(
    webhookConfigurationKinds.map((kind) => keepOne(client, kind, name, bundle)),
  );
  return {
    found: outcomes.filter((outcome) => outcome !== 'missing').length,
    changed: outcomes.filter((outcome) => outcome === 'changed').length,
  };
}

async function keepOne(
  client: KubeClient,
  kind: ResourceKind,
  name: string,
  bundle: string,
): Promise<'missing' | 'kept' | 'changed'> {
  const path = resourcePath(kind, { name });
  const caBundle = Buffer.from(bundle).toString('base64');
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      const configuration = await client.request<WebhookConfiguration>({ method: 'GET', path });
      const operations = bundlePatch(configuration, caBundle);
      if (operations.length === 0) return 'kept';
      await client.request({
        method: 'PATCH',
        path,
        contentType: 'application/json-patch+json',
        body: operations,
      });
      return 'changed';
    } catch (error) {
      if (isKubeStatus(error, 404, 'NotFound')) return 'missing';
      // A failed `test` operation is a 422; both mean that the object has changed since it was read.
      if (!isKubeStatus(error, 409) && !isKubeStatus(error, 422)) throw error;
    }
  }
  throw new CaBundleContendedError(
    `the caBundle of ${kind.kind} ${name} changes faster than it can be written`,
  );
}

/** A JSON patch names webhooks by their place in the list: it holds only for the very object that was read. */
function bundlePatch({ metadata, webhooks = [] }: WebhookConfiguration, caBundle: string): readonly object[] {
  const operations = webhooks.flatMap((webhook, index) =>
    webhook.clientConfig.caBundle === caBundle
      ? []
      : [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }],
  );
  if (operations.length === 0) return [];
  return [{ op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion }, ...operations];
}
