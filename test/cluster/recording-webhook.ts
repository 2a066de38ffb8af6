import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createAuthority } from './certificates.ts';

/** The part of an AdmissionRequest that tests look at. */
export interface RecordedCall {
  /** Path that was called, below the admission path where the configuration has one. */
  readonly path: string;
  readonly operation: string;
  /** Empty under generateName, on the mutating side. */
  readonly name: string;
  readonly dryRun: boolean;
}

/** An admission webhook that allows everything and remembers what it was asked. */
export interface RecordingWebhook {
  /** `https://127.0.0.1:port` */
  readonly url: string;
  /** PEM of its authority, base64: what a webhook configuration wants. */
  readonly caBundle: string;
  readonly calls: RecordedCall[];
  stop(): Promise<void>;
}

/** 32 random bytes, in base64url or hexadecimal. */
const admissionPath = /^\/[\w-]{43,}(?=\/)/;

interface AdmissionReview {
  readonly request: {
    readonly uid: string;
    readonly operation: string;
    readonly name?: string;
    readonly dryRun?: boolean;
  };
}

export async function startRecordingWebhook(): Promise<RecordingWebhook> {
  const authority = createAuthority('recording webhook');
  const { certificatePem, keyPem } = authority.issue('recording webhook', [], ['127.0.0.1']);
  const calls: RecordedCall[] = [];
  const server = createServer({ cert: certificatePem, key: keyPem }, (request, response) => {
    const answer = async () => {
      const { request: asked } = (await json(request)) as AdmissionReview;
      const { uid, operation, name = '', dryRun = false } = asked;
      const path = (request.url ?? '').split('?')[0] ?? '';
      calls.push({ path: path.replace(admissionPath, ''), operation, name, dryRun });
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid, allowed: true },
        }),
      );
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    caBundle: Buffer.from(authority.certificatePem).toString('base64'),
    calls,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
