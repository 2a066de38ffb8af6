import { randomUUID } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Ground } from './ground.ts';

/** What a forged review says; the rest is as the API server writes it. */
export interface ForgedReview {
  readonly operation: 'CREATE' | 'UPDATE';
  readonly object: object;
  readonly oldObject?: object;
  readonly namespace?: string;
  readonly user: { readonly username: string; readonly groups: readonly string[] };
}

/** What the webhook answers to it. */
export interface ForgedAnswer {
  readonly allowed: boolean;
  /** Base64 of a JSON patch. */
  readonly patch?: string;
}

/**
 * Posts a review to the admission port, as whoever reaches it can; undefined where it is not taken, which is recorded as a
 * refusal.
 */
export async function forge(
  { cluster, namespace, recordRefusal }: Ground,
  path: string,
  { object, user, ...review }: ForgedReview,
): Promise<ForgedAnswer | undefined> {
  const { metadata = {} } = object as { readonly metadata?: { readonly name?: string } };
  const request = {
    uid: randomUUID(),
    dryRun: false,
    ...review,
    name: metadata.name ?? '',
    namespace: review.namespace ?? namespace,
    userInfo: user,
    object,
    ...kindsOf(object),
  };
  const body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
  const { code, answer } = await post(`${cluster.admissionUrl}${path}`, body);
  if (code === 200) return (JSON.parse(answer) as { readonly response: ForgedAnswer }).response;
  recordRefusal(`${code} ${(JSON.parse(answer) as { readonly message: string }).message}`);
  return undefined;
}

function kindsOf(object: object) {
  const { apiVersion = '', kind = '' } = object as { readonly apiVersion?: string; readonly kind?: string };
  const [group = '', version = ''] = apiVersion.split('/');
  return {
    kind: { group, version, kind },
    resource: { group, version, resource: `${kind.toLowerCase()}s` },
  };
}

async function post(url: string, body: string): Promise<{ readonly code: number; readonly answer: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; answer: string }>();
  const headers = { 'content-type': 'application/json' };
  const request = httpsRequest(url, { method: 'POST', headers, agent: false, rejectUnauthorized: false });
  request.once('error', reject);
  request.once('response', (response) => {
    text(response).then((answer) => resolve({ code: response.statusCode ?? 0, answer }), reject);
  });
  request.end(body);
  return promise;
}
