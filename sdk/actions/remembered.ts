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

/** A result may be wrong in many places. */
const mostMisfits = 5;

/**
 * The result of the execution that is undone, as `schema` has checked it. A schema that an action makes of its own parameters
 * takes nothing of another object: which object is undone is what the parameters say.
 * @throws ActionError `nothing-to-undo` where it has none, because the execution ended before it changed anything; `misfit`
 * where it is not one that this action leaves with these parameters
 */
export function resultAs<Schema extends z.ZodType>(schema: Schema, result: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  if (result === undefined || result === null)
    throw new ActionError(
      'nothing-to-undo',
      'The execution to undo has left no result: it ended before it changed anything.',
    );
  const places = parsed.error.issues.map(({ path }) => ['result', ...path.slice(0, 3)].map(String).join('.'));
  throw new ActionError(
    'misfit',
    'The result of the execution to undo is not one that this action leaves with these parameters; nothing was undone. ' +
      `See ${[...new Set(places)].slice(0, mostMisfits).join(', ')}.`,
  );
}
