import { describe, expect, it } from 'vitest';
import {
  accountToAskFor,
  accountToAskForOnWrite,
  serviceAccountNotAllowed,
} from './service-account-right.ts';

const step = { stepNumber: 1, action: 'scale_deployment', parameters: { replicas: 3 } };
const named = { steps: [step], serviceAccountName: 'deployer' };

describe('an execution', () => {
  it.each([
    ['another account', { serviceAccountName: 'deployer' }, 'deployer'],
    ['none', {}, undefined],
    ['none as Go writes it', { serviceAccountName: '' }, undefined],
    ['the default one', { serviceAccountName: 'stepgate-runner' }, undefined],
    ['what is no name', { serviceAccountName: 7 }, undefined],
  ])('that names %s', (_, spec, account) => {
    expect(accountToAskFor(spec)).toBe(account);
  });

  it.each([undefined, null, 'text'])('that is none (%s) names nothing', (spec) => {
    expect(accountToAskFor(spec)).toBeUndefined();
  });
});

describe('the write of a workflow asks about its account', () => {
  it.each([
    ['is created', undefined, named],
    ['gets it', { steps: [step] }, named],
    ['gets another', { ...named, serviceAccountName: 'other' }, named],
    ['gets other parameters', { ...named, steps: [{ ...step, parameters: {} }] }, named],
    ['gets a step', named, { ...named, steps: [step, { ...step, stepNumber: 2 }] }],
    ['was no spec that can be read', { serviceAccountName: 'deployer' }, named],
  ])('where it %s', (_, before, after) => {
    expect(accountToAskForOnWrite(before, after)).toBe(after.serviceAccountName);
  });

  it.each([
    ['nothing changes', named, structuredClone(named)],
    ['it is paused', named, { ...named, paused: true }],
    ['its keys change places', named, { serviceAccountName: 'deployer', steps: [step] }],
    ['it gives the account up', named, { steps: [step] }],
    ['it goes back to the default one', named, { ...named, serviceAccountName: 'stepgate-runner' }],
  ])('not where %s', (_, before, after) => {
    expect(accountToAskForOnWrite(before, after)).toBeUndefined();
  });
});

it('a denial has the rule that gives the right', () => {
  expect(serviceAccountNotAllowed({ user: 'jane', namespace: 'shop', account: 'deployer' })).toMatchObject({
    code: 403,
    reason: 'Forbidden',
    message:
      'jane may not have actions run as ServiceAccount "deployer" of namespace "shop": that takes a Role there with ' +
      'the rule {apiGroups: [""], resources: [serviceaccounts], resourceNames: [deployer], verbs: [use]}.',
    causes: [{ reason: 'ServiceAccountNotAllowed', field: 'spec.serviceAccountName' }],
  });
});
