import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configKeys, environmentName } from './config-keys.ts';
import { configFields } from './config-schema.ts';

const keys = configFields.map((field) => configKeys[field]);

test('each key has its own name, in kebab case', () => {
  const names = keys.map(({ key }) => key);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)+$|^[a-z]+$/);
});

test('the environment writes a key in capitals with underscores', () => {
  expect(environmentName('max-parallel-steps')).toBe('MAX_PARALLEL_STEPS');
});

/** Accepted and refused values of every key. A new key has no line here until somebody has thought about it. */
const examples: Record<keyof typeof configKeys, { accepted: [string, unknown][]; refused: string[] }> = {
  maxParallelSteps: {
    accepted: [
      ['1', 1],
      ['10000', 10_000],
      ['5\n', 5],
      ['007', 7],
    ],
    refused: ['0', '10001', '-1', '5.5', 'five', '', ' ', '0x5', '1e1', '٥', '5 6'],
  },
  complexityApprovalThreshold: { accepted: [['0', 0]], refused: ['-1', '10001', 'ten'] },
  kubernetesQps: {
    accepted: [
      ['0.5', 0.5],
      ['20', 20],
    ],
    refused: ['0', '-1', 'NaN', 'Infinity', '1e9', '.5', ''],
  },
  kubernetesBurst: { accepted: [['30', 30]], refused: ['0', '1.5'] },
  enforcement: {
    accepted: [
      ['enforce', 'enforce'],
      ['warn', 'warn'],
      ['audit', 'audit'],
    ],
    refused: ['Enforce', 'off', ''],
  },
  requireWorkflow: {
    accepted: [
      ['true', true],
      ['false', false],
    ],
    refused: ['yes', '1', 'True', ''],
  },
  requireDifferentApprover: { accepted: [['true', true]], refused: ['no'] },
  serviceAccountsMayApprove: { accepted: [['true', true]], refused: ['yes'] },
  approveByHashOnly: { accepted: [['true', true]], refused: ['on'] },
  reservationLifetimeMilliseconds: {
    accepted: [
      ['35s', 35_000],
      ['1h', 3_600_000],
      ['40000000400ns', 40_000],
    ],
    refused: ['34s', '34999ms', '61m', '45', '0s', ''],
  },
  confidenceApprovalThreshold: {
    accepted: [
      ['0', 0],
      ['0.8', 0.8],
      ['1', 1],
    ],
    refused: ['1.1', '80%', '-0.1', ''],
  },
  approvalTimeoutMilliseconds: { accepted: [['15m', 900_000]], refused: ['0s', '169h', 'forever'] },
  maxStepTimeoutMilliseconds: { accepted: [['2h', 7_200_000]], refused: ['0s', '169h', ''] },
};

test.each(configFields)('%s takes what is in its range and nothing else', (field) => {
  const { schema } = configKeys[field].value;
  for (const [text, value] of examples[field].accepted) expect(schema.parse(text)).toBe(value);
  for (const text of examples[field].refused) {
    expect(schema.safeParse(text).success, `${field} must refuse ${JSON.stringify(text)}`).toBe(false);
  }
});

test('the documentation lists every key with its default, its environment variable and its range', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
  expect(rows).toEqual(
    keys.map(({ key, byDefault, value, meaning }) => [
      `\`${key}\``,
      `\`${environmentName(key)}\``,
      `\`${byDefault}\``,
      value.allowed,
      meaning,
    ]),
  );
});
