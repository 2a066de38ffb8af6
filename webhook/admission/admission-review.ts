/** AdmissionReview v1, from bytes to a request that is safe to read. */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { AdmissionObject } from './admission-object.ts';
import { findObjectFault } from './admission-object.ts';
import { AdmissionReviewError } from './admission-review-error.ts';
import { findJsonExcess } from './json-shape.ts';

/** The one version this server speaks; the rules of the webhook configurations name it too. */
export const admissionReviewApiVersion = 'admission.k8s.io/v1';
export const admissionReviewKind = 'AdmissionReview';

/**
 * Depth: Go's encoding/json, which the API server reads objects with, stops at 10,000 levels
 * (`maxNestingDepth`); a review adds a few. Containers: an object of a thousand steps has some ten thousand;
 * a quarter million of them costs about 20 MB of heap, 8 MiB of them would cost 200.
 */
const reviewBounds = { maximumDepth: 10_010, maximumContainers: 250_000 };

/** No uid of Kubernetes is longer than 36 characters; what is echoed should not be unbounded. */
const maximumUidLength = 256;

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const admissionObject = z
  .unknown()
  .check((context) => {
    if (context.value === undefined || context.value === null) return;
    const fault = findObjectFault(context.value);
    if (fault === undefined) return;
    context.issues.push({
      code: 'custom',
      message: fault.message,
      path: [...fault.path],
      input: context.value,
    });
  })
  .transform((value) => (value ?? undefined) as AdmissionObject | undefined)
  .optional();

const admissionRequest = z.object({
  uid: z.string().min(1).max(maximumUidLength),
  kind: z.object({ group: text, version: z.string(), kind: z.string().min(1) }),
  resource: z.object({ group: text, version: z.string(), resource: z.string().min(1) }),
  subResource: text,
  /** Empty on a mutating CREATE by generateName. */
  name: text,
  namespace: text,
  operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
  userInfo: z.object({
    username: text,
    uid: text,
    groups: z
      .array(z.string())
      .nullish()
      .transform((groups) => groups ?? []),
    extra: z
      .record(z.string(), z.array(z.string()))
      .nullish()
      .transform((extra) => extra ?? {}),
  }),
  object: admissionObject,
  oldObject: admissionObject,
  dryRun: z
    .boolean()
    .nullish()
    .transform((dryRun) => dryRun ?? false),
  options: admissionObject,
});

/**
 * What the API server asks about. Absent texts are '', absent lists and maps are empty; `object` is absent
 * on DELETE, `oldObject` on CREATE. Fields that nobody here reads are left out, except within the objects.
 */
export type AdmissionRequest = z.infer<typeof admissionRequest>;

/**
 * The request in an AdmissionReview's bytes.
 * @throws AdmissionReviewError for anything else: other encodings than UTF-8, no JSON, JSON bombs, other kinds
 * and versions, fields of the wrong type.
 */
export function parseAdmissionReview(bytes: Uint8Array): AdmissionRequest {
  const review = parseJson(bytes);
  if (typeof review !== 'object' || review === null || Array.isArray(review)) {
    throw new AdmissionReviewError(`expected ${expected}, got ${describe(review)}`);
  }
  const { apiVersion, kind, request } = review as Record<string, unknown>;
  if (apiVersion !== admissionReviewApiVersion || kind !== admissionReviewKind) {
    const got = `apiVersion ${describe(apiVersion)} and kind ${describe(kind)}`;
    throw new AdmissionReviewError(`expected ${expected}, got ${got}`);
  }
  const parsed = admissionRequest.safeParse(request);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = ['request', ...(issue?.path ?? [])].join('.');
  throw new AdmissionReviewError(
    `expected ${expected}, but ${field} is wrong: ${issue?.message ?? 'invalid'}`,
  );
}

const expected = `an ${admissionReviewKind} of ${admissionReviewApiVersion} with a request`;

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new AdmissionReviewError(`expected ${expected}, got an empty body`);
  if (!isUtf8(bytes)) throw new AdmissionReviewError('the body is not UTF-8');
  const excess = findJsonExcess(bytes, reviewBounds);
  if (excess !== undefined) throw new AdmissionReviewError(`the body ${excess}`);
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    // The parser's own message quotes the body, which may hold anything.
    throw new AdmissionReviewError('the body is not JSON');
  }
}

/** A value of the sender's, short enough for a message. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
