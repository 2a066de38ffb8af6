import type { z } from 'zod';
import { ActionError } from './action-error.ts';

/** What an earlier attempt has remembered, where it is of the shape that the action itself writes. */
export function rememberedAs<Schema extends z.ZodType>(
  schema: Schema,
  remembered: unknown,
): z.infer<Schema> | undefined {
  const parsed = schema.safeParse(remembered);
  return parsed.success ? parsed.data : undefined;
}

/**
 * The result of the execution that is undone.
 * @throws ActionError `nothing-to-undo` where it has none: the execution ended before it changed anything
 */
export function resultAs<Schema extends z.ZodType>(schema: Schema, result: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  const message =
    result === undefined || result === null
      ? 'The execution to undo has left no result: it ended before it changed anything.'
      : 'The result of the execution to undo does not say what was there before.';
  throw new ActionError('nothing-to-undo', message);
}
