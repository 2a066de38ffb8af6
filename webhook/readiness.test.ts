import { expect, it } from 'vitest';
import { readinessOf } from './readiness.ts';

it('is ready with complete first lists and every old execution labelled', () => {
  const reflectors = { kubernetesexecutions: { hasSynced: true }, slotjournals: { hasSynced: true } };
  expect(readinessOf(reflectors, { busy: false }, { reasons: [] })).toEqual({ ready: true, reasons: [] });
});

it('is not ready before, and says what is missing', () => {
  const reflectors = { kubernetesexecutions: { hasSynced: false }, slotjournals: { hasSynced: true } };
  expect(readinessOf(reflectors, { busy: true }, { reasons: ['a definition lacks a rule'] })).toEqual({
    ready: false,
    reasons: [
      'a definition lacks a rule',
      'the first list of kubernetesexecutions is not complete',
      'executions from before the installation are being labelled',
    ],
  });
});
