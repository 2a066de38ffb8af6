import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseDuration } from '../src/api/duration.ts';
import { objectNamePattern } from '../src/api/object-name.ts';
import { suggestKey } from '../src/config/suggest-key.ts';
import { missingRight } from '../src/kube/missing-right.ts';
import { loggable } from '../src/observability/loggable.ts';
import { createLogger } from '../src/observability/logger.ts';
import { withoutSecrets } from '../src/observability/without-secrets.ts';
import { readParameters } from '../src/plugin/check-parameters.ts';
import { parseDecision } from '../src/policy/approval/parse-decision.ts';
import { findHostileCharacter, visibleText } from '../src/policy/hostile-characters.ts';
import { fitWarnings } from '../webhook/admission/client-warnings.ts';
import { findJsonExcess } from '../webhook/admission/json-shape.ts';
import { readJsonText } from '../sdk/actions/json-text.ts';
import { failureMessage } from '../sdk/execution/failure-message.ts';

/** Everything that reads a text of users, each with a text of any kind and length. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  withoutSecrets,
  loggable: (text) => loggable({ text, [text]: [text, new Error(text)] }),
  'a line of the log': (text) => silent.warn({ text, err: new Error(text) }, text),
  failureMessage: (text) => failureMessage(new Error(text)),
  missingRight,
  readParameters: (text) =>
    readParameters(
      { name: 'strict', parameters: z.strictObject({ list: z.array(z.literal('x')) }) },
      { [text]: 1, list: [text, text] },
    ),
  visibleText,
  findHostileCharacter: (text) => findHostileCharacter('spec', { text, [text]: [text, text] }),
  parseDuration,
  'the name of an object': (text) => objectNamePattern.test(text),
  parseDecision,
  suggestKey: (text) => suggestKey(text, ['max-parallel-steps', 'complexity-approval-threshold']),
  fitWarnings: (text) => fitWarnings([text, text]),
  findJsonExcess: (text) =>
    findJsonExcess(Buffer.from(text), { maximumDepth: 100, maximumContainers: 10_000 }),
  'readJsonText of a text': (text) => readJsonText(JSON.stringify({ [text]: text })),
  'readJsonText of what may be JSON': readJsonText,
};

const silent = createLogger({ level: 'debug', component: 'test', destination: { write() {} } });

/** Beginnings of what patterns look for: repeated, they are what makes one look again and again. */
const beginnings = [
  'eyJ-', 'eyJaaaaaaaa.', 'eyJaaaaaaaa.bbbbbbbb.', 'eyJ.', '-----BEGIN ', '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----', '-----END A ', 'Bearer ', 'Bearer a-', 'LS0tLS1CRUdJTi',
  'User "', 'User "a" cannot b resource "', '1m', '1.', '0ms', 'a-', 'a.', '-.', '. ', '.x', '\t\n ', 'sha256:',
  '{"a":', '[', '"\\', '\\u006b', 'Invalid input: ', '\uFFFD', 'é',
]; // prettier-ignore

const words = fc.array(fc.oneof(fc.constantFrom(...beginnings), fc.string({ maxLength: 6 })), {
  minLength: 1,
  maxLength: 4,
});

/** The fastest of a few: what else runs on the machine only adds to it. */
function milliseconds(read: (text: string) => unknown, text: string): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run += 1) {
    const start = process.cpuUsage();
    read(text);
    const { user, system } = process.cpuUsage(start);
    fastest = Math.min(fastest, (user + system) / 1000);
  }
  return fastest;
}

const short = 15_000;
const factor = 16;

/** `linear`, or what was measured: sixteen times the text may take thirty-two times as long; a square takes 256 times. */
function growth(read: (text: string) => unknown, word: string, ending: string): string {
  const textOf = (length: number): string => word.repeat(Math.ceil(length / word.length)) + ending;
  const few = milliseconds(read, textOf(short));
  const many = milliseconds(read, textOf(short * factor));
  // Below some milliseconds, the clock and the compiler are what is measured.
  return many < Math.max(2 * factor * few, 40)
    ? 'linear'
    : `${JSON.stringify(word)} repeated: ${few} ms became ${many} ms`;
}

describe.each(Object.entries(readers))(
  '%s takes time that grows with the length of the text alone',
  (_, read) => {
    it.each(beginnings)('for %j repeated', (word) => {
      for (const ending of ['', '"']) expect(growth(read, word, ending)).toBe('linear');
    });

    it('for any few words repeated', () => {
      const property = fc.property(words, fc.constantFrom('', '!', '"'), (parts, ending) => {
        expect(growth(read, parts.join('') || 'x', ending)).toBe('linear');
      });
      fc.assert(property, { numRuns: 15 });
    });
  },
);

it('a label value of 240 KB that looks like the beginning of a token is logged in milliseconds', () => {
  const value = 'eyJ-'.repeat(60_000);
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    component: 'test',
    destination: { write: (line) => lines.push(line) },
  });
  const message = `metadata.labels: Invalid value: "${value}"`;
  const taken = milliseconds(
    () => logger.error({ err: new Error(message) }, failureMessage(new Error(message))),
    '',
  );
  expect(taken).toBeLessThan(50);
  expect(lines[0]?.length).toBeLessThan(50_000);
});

it('a structure that shows itself a hundred times in each of its lists is logged in a bounded line', () => {
  const many: unknown[] = [];
  for (let index = 0; index < 100; index += 1) many.push(many, { many });
  const text = JSON.stringify(loggable({ many }));
  expect(text.length).toBeLessThan(500_000);
});

it('parameters with tens of thousands of faults below a long name are refused in milliseconds', () => {
  const schema = z.record(z.string(), z.array(z.string()));
  const faulty = { ['x'.repeat(100_000)]: Array.from({ length: 36_000 }, () => 1) };
  const few = { ['x'.repeat(100_000)]: Array.from({ length: 4_000 }, () => 1) };
  // Nine times as many faults: a reader that is linear takes some fifteen times as long, with its garbage; a square 81 times.
  const read = (value: Readonly<Record<string, unknown>>) => () =>
    readParameters({ name: 'lists', parameters: schema }, value);
  expect(read(faulty)()).toMatchObject({ fits: false, faults: { length: 17 } });
  expect(milliseconds(read(faulty), '')).toBeLessThan(Math.max(40 * milliseconds(read(few), ''), 200));
});
