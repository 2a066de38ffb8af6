import { types } from 'node:util';
import { z } from 'zod';
import type { Allow, Deny } from '../policy/verdict.ts';

const word = /^[A-Z][A-Za-z0-9]{0,62}$/;
const sentence = z.string().min(1).max(4_096);

const remarks = {
  warnings: z.array(z.string().max(4_096)).max(100).optional(),
  auditAnnotations: z.record(z.string().regex(/^[A-Za-z0-9][-A-Za-z0-9_.]{0,30}$/), z.string()).optional(),
};

/**
 * What a check may answer. Of the codes those are left out that clients act on in a way of their own: a 409 says
 * that the execution exists, and the reason `ParallelLimitReached` queues a step.
 */
const checkVerdict = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('allow'), ...remarks }),
  z.object({
    decision: z.literal('deny'),
    code: z.literal([400, 403, 422, 429, 503]),
    reason: z.string().regex(word),
    message: sentence,
    causes: z
      .array(
        z.object({
          reason: z
            .string()
            .regex(word)
            .refine((reason) => reason !== 'ParallelLimitReached', "this reason is the limit's own"),
          message: sentence,
          field: z.string().max(1_024).optional(),
        }),
      )
      .max(100),
    ...remarks,
  }),
]);

/** Thrown for what is no verdict. */
export class NonsenseError extends Error {
  override readonly name = 'NonsenseError';
  readonly code = 'Nonsense';
}

/**
 * A copy of what a check has answered, as far as it is a verdict. A denial without causes gets one, with the name
 * of the check as its reason.
 * @throws NonsenseError for a promise and for anything else
 */
export function readCheckVerdict(check: string, answer: unknown): Allow | Deny {
  if (types.isPromise(answer)) {
    // Nobody waits for it: what it rejects with must not end the process.
    answer.catch(() => undefined);
    throw new NonsenseError('it answered a promise: a check answers at once, and does no I/O');
  }
  const parsed = checkVerdict.safeParse(answer);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new NonsenseError(`it answered no verdict: ${issue?.message ?? 'invalid'}${where}`);
  }
  const { warnings, auditAnnotations, ...verdict } = parsed.data;
  const remarksOf = {
    ...(warnings === undefined ? {} : { warnings }),
    ...(auditAnnotations === undefined ? {} : { auditAnnotations }),
  };
  if (verdict.decision === 'allow') return { ...verdict, ...remarksOf };
  const { causes, ...denial } = verdict;
  return {
    ...denial,
    ...remarksOf,
    causes:
      causes.length === 0
        ? [{ reason: check, message: verdict.message }]
        : causes.map(({ field, ...cause }) => (field === undefined ? cause : { ...cause, field })),
  };
}
