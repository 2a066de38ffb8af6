import type { Action } from '../../src/plugin/action.ts';
import { failureMessage } from './failure-message.ts';

/** Parameters as an action's schema has parsed them, or why they do not fit: one line a field. */
export type ParsedParameters =
  { readonly fits: true; readonly parameters: unknown } | { readonly fits: false; readonly message: string };

/** A value of a megabyte may be wrong in a hundred thousand places. */
const mostLines = 20;

/** Applies the action's schema. What the schema itself throws is a misfit too: it harms this execution alone. */
export function parseParameters(
  action: Pick<Action, 'name' | 'parameters'>,
  parameters: unknown,
): ParsedParameters {
  try {
    const parsed = action.parameters.safeParse(parameters ?? {});
    if (parsed.success) return { fits: true, parameters: parsed.data };
    const lines = parsed.error.issues.map(
      ({ path, message }) => `${['parameters', ...path].map(String).join('.')}: ${message}`,
    );
    const shown = lines.slice(0, mostLines);
    if (lines.length > shown.length) shown.push(`and ${lines.length - shown.length} more`);
    return {
      fits: false,
      message: [`The parameters do not fit the action ${action.name}:`, ...shown].join('\n'),
    };
  } catch (error) {
    return {
      fits: false,
      message: `The schema of the action ${action.name} threw: ${failureMessage(error)}`,
    };
  }
}
