import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { AdmissionObject } from '../../../webhook/admission/admission-object.ts';
import { createAuthority } from '../../cluster/certificates.ts';

/** The JSON patch that a rewrite makes of an object. */
export type Rewrite = (object: AdmissionObject) => readonly object[];

/** A mutating webhook of somebody else's, which changes workflows of some namespaces after ours has seen them. */
export interface RewritingWebhook {
  /** A MutatingWebhookConfiguration that comes after ours in the alphabet, and is asked again where we are. */
  readonly configuration: object;
  /** From now on, workflows written in this namespace are changed like this. */
  rewrite(namespace: string, rewrite: Rewrite): void;
  stop(): Promise<void>;
}

interface Review {
  readonly request: { readonly uid: string; readonly namespace: string; readonly object: AdmissionObject };
}

/** Listens on a free port of 127.0.0.1. */
export async function startRewritingWebhook(): Promise<RewritingWebhook> {
  const authority = createAuthority('rewriting webhook');
  const { certificatePem, keyPem } = authority.issue('rewriting webhook', [], ['127.0.0.1']);
  const rewrites = new Map<string, Rewrite>();
  const server = createServer({ cert: certificatePem, key: keyPem }, (request, response) => {
    const answer = async () => {
      const { uid, namespace, object } = ((await json(request)) as Review).request;
      const patch = rewrites.get(namespace)?.(object) ?? [];
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: {
            uid,
            allowed: true,
            ...(patch.length > 0 && {
              patchType: 'JSONPatch',
              patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
            }),
          },
        }),
      );
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    configuration: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'zz-rewriting' },
      webhooks: [
        {
          name: 'rewriting.example.com',
          clientConfig: {
            url: `https://127.0.0.1:${port}/`,
            caBundle: Buffer.from(authority.certificatePem).toString('base64'),
          },
          rules: [
            {
              apiGroups: ['workflowexecution.kubernaut.io'],
              apiVersions: ['*'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['workflowexecutions'],
            },
          ],
          namespaceSelector: { matchLabels: { rewritten: 'yes' } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          reinvocationPolicy: 'IfNeeded',
        },
      ],
    },
    rewrite(namespace, rewrite) {
      rewrites.set(namespace, rewrite);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
