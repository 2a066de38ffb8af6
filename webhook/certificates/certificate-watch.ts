/** Tells when one of the objects that certificates live in has changed: metadata says it, keys need not travel. */
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import type { KubeLogger } from '../../src/kube/kube-logger.ts';
import { startReflector } from '../../src/kube/reflector.ts';
import type { ReflectorHandler } from '../../src/kube/reflector-handler.ts';
import { webhookConfigurationKinds } from './ca-bundle-keeper.ts';
import type { SecretPlace } from './certificate-secret.ts';
import { secretKind } from './certificate-secret.ts';

/** Calls `changed` after every change of the Secret or of a webhook configuration, until it is stopped. */
export function watchCertificateObjects(
  client: KubeClient,
  secret: SecretPlace,
  configurationName: string,
  { clock, logger }: { readonly clock: Clock; readonly logger: KubeLogger },
  changed: () => void,
): { readonly stop: () => Promise<void> } {
  const handler: ReflectorHandler<KubeObject> = {
    replaced: changed,
    added: changed,
    modified: changed,
    deleted: changed,
    progressed: () => {},
  };
  const shared = { client, handler, clock, logger, metadataOnly: true };
  const reflectors = [
    startReflector({
      ...shared,
      kind: secretKind,
      namespace: secret.namespace,
      fieldSelector: `metadata.name=${secret.name}`,
    }),
    ...webhookConfigurationKinds.map((kind) =>
      startReflector({ ...shared, kind, fieldSelector: `metadata.name=${configurationName}` }),
    ),
  ];
  return {
    async stop() {
      await Promise.all(reflectors.map(async (reflector) => reflector.stop()));
    },
  };
}
