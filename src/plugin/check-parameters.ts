import type { z } from 'zod';
import { inexactness } from '../policy/approval/canonical-json.ts';
import { deny, type Cause, type Deny } from '../policy/verdict.ts';
import type { Action } from './action.ts';

/** A schema is code of its plugin, which takes its time: what it is given has a bound. */
export const maximumParametersBytes = 256 * 1024;

/** More of them tell a person nothing. */
const causesShown = 16;
const maximumMessageLength = 500;

type Issue = z.core.$ZodIssue;

/** The parameters of a step as the schema of its action has parsed them, or what is wrong with them. */
export type ParameterReading =
  | { readonly fits: true; readonly parameters: unknown }
  | { readonly fits: false; readonly faults: readonly Cause[] };

/**
 * Reads the parameters of a step as its action will. What is wrong comes with its field and in a whole sentence.
 * Throws what the schema throws, an asynchronous one too: it cannot be waited for.
 */
export function readParameters(
  // Parameters of any type: the schema says what it takes.
  // oxlint-disable-next-line typescript/no-explicit-any
  { name, parameters: schema }: Pick<Action<any>, 'name' | 'parameters'>,
  parameters: Readonly<Record<string, unknown>>,
  field = 'spec.parameters',
): ParameterReading {
  const inexact = inexactness(parameters);
  if (inexact !== undefined)
    return unfit([fault(field, `The parameters of action "${name}" cannot be read exactly: ${inexact}.`)]);
  const bytes = Buffer.byteLength(JSON.stringify(parameters));
  if (bytes > maximumParametersBytes) {
    const message =
      `The parameters of action "${name}" have ${bytes} bytes as JSON; ` +
      `${maximumParametersBytes} is the most that is checked.`;
    return unfit([{ reason: 'ParametersTooLarge', field, message }]);
  }
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return { fits: true, parameters: parsed.data };
  const { issues } = parsed.error;
  const shown = firstFaults(issues, name, parameters, field);
  const more = issues.reduce((sum, issue) => sum + faultCount(issue), 0) - shown.length;
  return unfit(
    more === 0 ? shown : [...shown, fault(field, `${more} more parameters of action "${name}" do not fit.`)],
  );
}

/** What is wrong with the parameters of a step; nothing where they fit. Throws as `readParameters` does. */
export function findParameterFaults(...of: Parameters<typeof readParameters>): readonly Cause[] {
  const reading = readParameters(...of);
  return reading.fits ? [] : reading.faults;
}

function unfit(faults: readonly Cause[]): ParameterReading {
  return { fits: false, faults };
}

/** The denial of an execution by these faults. */
export function parametersInvalid(action: string, causes: readonly Cause[]): Deny {
  const faults = causes.map(({ message }) => message).join(' ');
  return deny(422, 'Invalid', `The parameters do not fit the action "${action}". ${faults}`, causes);
}

/** A value may have a hundred thousand faults, each with a long name: only those that are shown are put into words. */
function firstFaults(
  issues: readonly Issue[],
  action: string,
  parameters: Readonly<Record<string, unknown>>,
  field: string,
): readonly Cause[] {
  const faults: Cause[] = [];
  for (const issue of issues) {
    faults.push(...faultsOf(issue, action, parameters, field));
    if (faults.length >= causesShown) break;
  }
  return faults.slice(0, causesShown);
}

function faultCount(issue: Issue): number {
  return issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
}

function faultsOf(
  issue: Issue,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
  field: string,
): readonly Cause[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, causesShown).map((key) => {
      const path = [...issue.path, key];
      return fault(fieldOf(field, path), `Action "${action}" takes no parameter "${nameOf(path)}".`);
    });
  }
  const where = fieldOf(field, issue.path);
  const why = reasonOf(issue);
  if (issue.path.length === 0)
    return [fault(where, `The parameters of action "${action}" are not valid: ${why}.`)];
  const parameter = nameOf(issue.path);
  return isMissing(parameters, issue.path)
    ? [fault(where, `Action "${action}" needs the parameter "${parameter}": ${why}.`)]
    : [fault(where, `Parameter "${parameter}" of action "${action}" is not valid: ${why}.`)];
}

function fault(field: string, message: string): Cause {
  const text =
    message.length > maximumMessageLength ? `${message.slice(0, maximumMessageLength)}….` : message;
  return { reason: 'ParametersInvalid', field, message: text };
}

/** In zod's words. Of a union, what each of its members wants. */
function reasonOf(issue: Issue): string {
  if (issue.code === 'invalid_union') {
    const wanted = issue.errors.flatMap(([first]) => (first === undefined ? [] : [reasonOf(first)]));
    if (wanted.length > 0) return [...new Set(wanted)].slice(0, 3).join('; or ');
  }
  return withoutFullStop(
    // Cut first: it may quote what users wrote.
    issue.message
      .slice(0, 2 * maximumMessageLength)
      .replace(/^Invalid input: /, '')
      .replace(/, received undefined$/, '')
      .replaceAll(/\s+/g, ' '),
  );
}

function withoutFullStop(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '.' || text[end - 1] === ' ')) end -= 1;
  return text.slice(0, end);
}

function isMissing(parameters: unknown, path: readonly PropertyKey[]): boolean {
  const value = path.reduce<unknown>(
    (part, key) => (typeof part === 'object' && part !== null ? Reflect.get(part, key) : undefined),
    parameters,
  );
  return value === undefined;
}

/** `spec.parameters.target.names[0]`; of a key that is no plain word, `spec.parameters[app/name]`. */
function fieldOf(field: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    const word = String(key);
    return typeof key === 'number' || !/^[A-Za-z_][A-Za-z0-9_-]*$/.test(word)
      ? `${text}[${word}]`
      : `${text}.${word}`;
  }, field);
}

function nameOf(path: readonly PropertyKey[]): string {
  return fieldOf('', path).replace(/^\./, '');
}
