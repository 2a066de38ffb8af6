import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';

/**
 * What tells this installation from every other: the uid of its ValidatingWebhookConfiguration. Nobody can know it
 * before the API server asks us, so that no stamp from then carries it. Whoever removes the configuration and puts it
 * back gets another, so that stamps from before that are none, nor is what was written beside them meanwhile; a replica
 * that kept running knows that once it reads the mark again. Rejects as the client does.
 */
export type InstallationMark = () => Promise<string>;

/** A configuration that was removed and put back is noticed after so long. */
const keptMilliseconds = 5_000;

/** Reads the mark, and again when it is too old. */
export function createInstallationMark(client: KubeClient, clock: Clock, name: string): InstallationMark {
  let known: { readonly mark: Promise<string>; readonly until: number } | undefined;
  return () => {
    if (known !== undefined && clock.now() < known.until) return known.mark;
    const mark = read(client, name);
    const current = { mark, until: clock.now() + keptMilliseconds };
    known = current;
    mark.catch(() => {
      if (known === current) known = undefined;
    });
    return mark;
  };
}

async function read(client: KubeClient, name: string): Promise<string> {
  const path = resourcePath(validatingWebhookConfigurationKind, { name });
  const { metadata } = await client.request<KubeObject>({ method: 'GET', path, timeoutMilliseconds: 3_000 });
  return metadata.uid;
}

const validatingWebhookConfigurationKind = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
};
