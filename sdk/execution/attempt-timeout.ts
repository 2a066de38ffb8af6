import { parseDuration } from '../../src/api/duration.ts';
import { durationText } from '../parallel/duration-text.ts';

/** How long one attempt may take. */
export interface AttemptTimeout {
  readonly milliseconds: number;
  /** The same for a message, and where it comes from. */
  readonly text: string;
  /** False where the execution names none, and the maximum holds alone. */
  readonly stated: boolean;
}

/**
 * The timeout of an execution's spec, at most the setting `max-step-timeout`. `0s` is what Go clients send for none.
 *
 * @param timeout as the spec says it
 * @param maximum in milliseconds
 */
export function attemptTimeout(timeout: string | undefined, maximum: number): AttemptTimeout {
  const asked = parseDuration(timeout ?? '') || undefined;
  return asked !== undefined && asked <= maximum
    ? { milliseconds: asked, text: `${timeout}`, stated: true }
    : {
        milliseconds: maximum,
        text: `${durationText(maximum)}, the most that max-step-timeout allows,`,
        stated: asked !== undefined,
      };
}
