import { join } from 'node:path';
import { slotJournalKind } from '../../src/api/names.ts';
import { customResourceDefinitions } from '../../src/api/manifests/custom-resource-definitions.ts';
import { defaultInstallation } from '../../src/api/manifests/installation.ts';
import { journalWriterPolicyName } from '../../src/api/manifests/journal-writer-policy.ts';
import type { WebhookConfigurationOptions } from '../../src/api/manifests/webhook-configurations.ts';
import {
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
} from '../../src/api/manifests/webhook-configurations.ts';
import { admissionPathOf } from './admission-path.ts';
import type { ControlPlane } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { servingCertificateOf } from './serving-certificate.ts';

const folder = join(import.meta.dirname, '../../charts/stepgate/files');

/** What is installed beside the CRDs, policies and roles. */
export interface InstallOptions {
  /** Webhook configurations to put in place at last. Default: none, as before the webhook is up. */
  readonly webhooks?: WebhookConfigurationOptions;
}

/**
 * Installs the manifests of charts/stepgate/files as they are, as admin, and resolves when the kinds are served
 * and the policies deny. Repeating it is harmless. The webhook configurations are made for the location given.
 * Rejects with kubectl's words where the API server refuses a manifest.
 */
export async function installManifests(
  controlPlane: ControlPlane,
  options: InstallOptions = {},
): Promise<void> {
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: defaultInstallation.namespace },
  };
  await apply(controlPlane, ['-f', '-'], namespace);
  await apply(
    controlPlane,
    ['crds', 'policies', 'rbac'].flatMap((part) => ['-f', join(folder, part)]),
  );
  const crds = customResourceDefinitions().map((crd) => (crd['metadata'] as { name: string }).name);
  await succeed(controlPlane, ['wait', '--for=condition=Established', 'customresourcedefinition', ...crds]);
  await policiesActive(controlPlane);
  if (options.webhooks) await installWebhookConfigurations(controlPlane, options.webhooks);
}

/**
 * Puts both webhook configurations in place, or moves them to another location. They have the segment and the authority of
 * this control plane unless others are given.
 */
export async function installWebhookConfigurations(
  controlPlane: ControlPlane,
  given: WebhookConfigurationOptions,
): Promise<void> {
  const options = {
    admissionPath: admissionPathOf(controlPlane).segment,
    caBundle: servingCertificateOf(controlPlane).caBundle,
    ...given,
  };
  await apply(controlPlane, ['-f', '-'], {
    apiVersion: 'v1',
    kind: 'List',
    items: [mutatingWebhookConfiguration(options), validatingWebhookConfiguration(options)],
  });
}

async function apply(controlPlane: ControlPlane, files: readonly string[], input?: object): Promise<void> {
  await succeed(controlPlane, ['apply', '--server-side', '--force-conflicts', ...files], input);
}

async function succeed(controlPlane: ControlPlane, args: readonly string[], input?: object): Promise<void> {
  const { exitCode, stderr } = await controlPlane.kubectl(args, input && { input: JSON.stringify(input) });
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
}

/**
 * The API server takes policies and bindings into use in the order in which they were made, all at once within
 * a second and without saying so. The journal's binding is the last: once it denies, all are in use.
 */
async function policiesActive(controlPlane: ControlPlane): Promise<void> {
  const probe = {
    apiVersion: `${slotJournalKind.group}/${slotJournalKind.version}`,
    kind: slotJournalKind.kind,
    metadata: { name: 'probe', namespace: defaultInstallation.namespace },
    spec: { format: 1, compactedThrough: '0', reservations: [] },
  };
  await eventually('the policies are in use', async () => {
    const { stderr } = await controlPlane.kubectl(['create', '--dry-run=server', '-f', '-'], {
      input: JSON.stringify(probe),
    });
    return stderr.includes(journalWriterPolicyName);
  });
}
