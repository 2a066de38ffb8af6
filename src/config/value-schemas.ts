import { z } from 'zod';
import { parseDuration } from '../api/duration.ts';

/** Reads one value of a ConfigMap (always a string) and knows how to say what is allowed. */
export interface ValueSchema<Value> {
  readonly schema: z.ZodType<Value, string>;
  /** Completes 'It must be …'. */
  readonly allowed: string;
}

/** Digits only, because `Number` would take '' for 0 and '0x5' for 5. */
export function wholeNumber(from: number, to: number): ValueSchema<number> {
  return fromText(`a whole number from ${from} to ${to}`, (text) =>
    within(from, to, /^\d+$/.test(text) ? Number(text) : undefined),
  );
}

/** Digits with at most one point: no exponents, no infinities. */
export function decimalNumber(from: number, to: number): ValueSchema<number> {
  return fromText(`a number from ${from} to ${to}`, (text) =>
    within(from, to, /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined),
  );
}

export function yesOrNo(): ValueSchema<boolean> {
  return fromText('true or false', (text) => (text === 'true' ? true : text === 'false' ? false : undefined));
}

export function oneOf<Choice extends string>(choices: readonly Choice[]): ValueSchema<Choice> {
  return fromText(`one of ${choices.join(', ')}`, (text) => choices.find((choice) => choice === text));
}

/** A duration in milliseconds; `because` explains the range where it needs a reason. */
export function duration(from: string, to: string, because?: string): ValueSchema<number> {
  const least = parseDuration(from) ?? Number.NaN;
  const most = parseDuration(to) ?? Number.NaN;
  const range = `a duration from ${from} to ${to}, for example ${from} or 1h30m`;
  return fromText(because === undefined ? range : `${range} (${because})`, (text) =>
    within(least, most, wholeMilliseconds(text)),
  );
}

function wholeMilliseconds(text: string): number | undefined {
  const milliseconds = parseDuration(text);
  return milliseconds === undefined ? undefined : Math.round(milliseconds);
}

function within(from: number, to: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= from && value <= to ? value : undefined;
}

/** White space around a value is no mistake: a YAML block scalar ends in a newline. */
function fromText<Value>(allowed: string, read: (text: string) => Value | undefined): ValueSchema<Value> {
  const schema = z.string().transform((text, context) => {
    const value = read(text.trim());
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: allowed, input: text });
    return z.NEVER;
  });
  return { schema, allowed };
}
