import { failureMessage } from './failure-message.ts';

/** The most that a result may have as JSON, in bytes: it is kept in the execution, which etcd bounds at 1.5 MiB. */
export const mostResultBytes = 64 * 1024;

/** What an action returned or wants to remember cannot be kept. */
export class ActionResultError extends Error {
  readonly code = 'ActionResult';
  readonly reason: 'not-json' | 'too-large';

  constructor(reason: ActionResultError['reason'], message: string) {
    super(message);
    this.name = 'ActionResultError';
    this.reason = reason;
  }
}

/**
 * A copy of the value as JSON keeps it; undefined for undefined and null, which say nothing.
 * @throws ActionResultError for what is no JSON, or too much
 */
export function checkedResult(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new ActionResultError(
      'not-json',
      `What an action keeps is JSON, and this is none: ${failureMessage(error)}`,
    );
  }
  if (text === undefined)
    throw new ActionResultError('not-json', `What an action keeps is JSON, and this is a ${typeof value}.`);
  const bytes = Buffer.byteLength(text);
  if (bytes > mostResultBytes)
    throw new ActionResultError(
      'too-large',
      `What an action keeps has at most ${mostResultBytes} bytes of JSON, and this has ${bytes}.`,
    );
  return JSON.parse(text) ?? undefined;
}
