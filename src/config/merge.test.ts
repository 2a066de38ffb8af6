import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { configMapTexts } from './config-map-texts.ts';
import { environmentTexts } from './environment.ts';
import { mergeConfig, sameConfig } from './merge.ts';

function merged(data: Record<string, string>, environment: Record<string, string> = {}) {
  return mergeConfig(configMapTexts(data).texts, environmentTexts(environment));
}

function errorOf(data: Record<string, string>, environment: Record<string, string> = {}): ConfigError {
  try {
    merged(data, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('a ConfigError was expected');
}

test('with nothing configured the defaults hold', () => {
  expect(merged({})).toEqual({
    maxParallelSteps: 5,
    complexityApprovalThreshold: 10,
    kubernetesQps: 20,
    kubernetesBurst: 30,
    enforcement: 'enforce',
    requireWorkflow: true,
    requireDifferentApprover: false,
    serviceAccountsMayApprove: false,
    approveByHashOnly: false,
    reservationLifetimeMilliseconds: 45_000,
    confidenceApprovalThreshold: 0.8,
    approvalTimeoutMilliseconds: 900_000,
    maxStepTimeoutMilliseconds: 86_400_000,
  });
});

test('BR-WF-166: the limit is five, and can be configured', () => {
  expect(merged({}).maxParallelSteps).toBe(5);
  expect(merged({ 'max-parallel-steps': '12' }).maxParallelSteps).toBe(12);
});

test('BR-WF-169: the threshold is ten, and can be configured', () => {
  expect(merged({}).complexityApprovalThreshold).toBe(10);
  expect(merged({ 'complexity-approval-threshold': '0' }).complexityApprovalThreshold).toBe(0);
});

test('the ConfigMap overrides defaults, the environment overrides the ConfigMap', () => {
  const config = merged(
    { 'max-parallel-steps': '3', enforcement: 'warn' },
    { MAX_PARALLEL_STEPS: '7', PATH: '/bin' },
  );
  expect(config).toMatchObject({ maxParallelSteps: 7, enforcement: 'warn', kubernetesQps: 20 });
});

test('an empty environment variable overrides nothing', () => {
  expect(merged({ 'max-parallel-steps': '3' }, { MAX_PARALLEL_STEPS: ' ' }).maxParallelSteps).toBe(3);
});

test('a Config cannot be changed', () => {
  expect(Object.isFrozen(merged({}))).toBe(true);
});

test('an error names the key, the value and what is allowed', () => {
  const error = errorOf({ 'max-parallel-steps': 'five' });
  expect(error.code).toBe('ConfigInvalid');
  expect(error.key).toBe('max-parallel-steps');
  expect(error.message).toBe(
    'The value "five" of the key max-parallel-steps cannot be used. It must be a whole number from 1 to 10000.',
  );
});

test('a lifetime that is too short is refused with the reason', () => {
  expect(errorOf({ 'reservation-lifetime': '30s' }).message).toContain(
    'the API server may finish a create up to 34s after it was admitted',
  );
});

test('an error of the environment names the variable', () => {
  expect(errorOf({}, { ENFORCEMENT: 'off' }).message).toBe(
    'The value "off" of the environment variable ENFORCEMENT cannot be used. ' +
      'It must be one of enforce, warn, audit.',
  );
});

test('all problems are told at once', () => {
  const { problems } = errorOf({ enforcement: 'off', 'max-parallel-steps': '0' }, { KUBERNETES_QPS: '-1' });
  expect(problems.map(({ key }) => key)).toEqual(['max-parallel-steps', 'enforcement', 'KUBERNETES_QPS']);
});

test('a bad value in the ConfigMap is an error even under an override', () => {
  expect(errorOf({ 'max-parallel-steps': 'x' }, { MAX_PARALLEL_STEPS: '4' }).key).toBe('max-parallel-steps');
});

test('a huge value is cut in the message', () => {
  expect(errorOf({ enforcement: 'x'.repeat(1_000_000) }).message.length).toBeLessThan(250);
});

test('whatever a ConfigMap holds, it is a Config or a ConfigError', () => {
  const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'enforcement'));
  fc.assert(
    fc.property(fc.dictionary(key, fc.string()), (data) => {
      expect(outcomeOf(data)).toBeOneOf(['enforce', 'ConfigInvalid']);
    }),
  );
});

function outcomeOf(data: Record<string, string>): string {
  try {
    return merged(data).enforcement;
  } catch (error) {
    return error instanceof ConfigError ? error.code : String(error);
  }
}

test('configs are the same when every field is', () => {
  expect(sameConfig(merged({}), merged({ 'max-parallel-steps': '5' }))).toBe(true);
  expect(sameConfig(merged({}), merged({ 'require-workflow': 'false' }))).toBe(false);
});
