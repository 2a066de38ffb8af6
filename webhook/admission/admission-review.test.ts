import { describe, expect, it } from 'vitest';
import {
  makeAdmissionReview,
  makeAdmissionReviewBytes,
} from '../../test/builders/admission-review-builder.ts';
import { AdmissionReviewError } from './admission-review-error.ts';
import { parseAdmissionReview } from './admission-review.ts';

const refusal = (bytes: Uint8Array | string): string => {
  try {
    parseAdmissionReview(Buffer.from(bytes));
  } catch (error) {
    if (error instanceof AdmissionReviewError) return error.message;
    throw error;
  }
  return 'parsed';
};

describe('parseAdmissionReview', () => {
  it('reads a CREATE as the API server posts it', () => {
    const request = parseAdmissionReview(makeAdmissionReviewBytes());
    expect(request).toMatchObject({
      uid: '0df28fbd-5f5f-11e8-bc74-36e6bb280816',
      operation: 'CREATE',
      subResource: '',
      dryRun: false,
      oldObject: undefined,
      userInfo: { username: 'jane', groups: ['developers'], extra: { scopes: ['all'] } },
    });
    expect(request.object?.metadata?.labels).toEqual({ workflow: 'restart' });
    expect(request.object?.['spec']).toEqual({ stepNumber: 1, action: 'scale_deployment' });
  });

  it('takes fields it does not know, and absent ones for empty', () => {
    const request = parseAdmissionReview(
      makeAdmissionReviewBytes({
        future: { field: 1 },
        name: undefined,
        dryRun: null,
        userInfo: { username: 'jane', groups: null },
        kind: { version: 'v1', kind: 'Pod' },
      }),
    );
    expect(request).toMatchObject({ name: '', dryRun: false, userInfo: { groups: [], extra: {}, uid: '' } });
    expect(request.kind).toEqual({ group: '', version: 'v1', kind: 'Pod' });
  });

  it('hands the object on as it is, without a copy of what it does not know', () => {
    const metadata = { name: 'x', labels: null, selfLink: '/x', managedFields: [{ operation: 'Apply' }] };
    const object = { metadata, deep: { er: [{ x: null }] } };
    expect(parseAdmissionReview(makeAdmissionReviewBytes({ object })).object).toEqual(object);
  });

  it('keeps a key __proto__ from becoming a prototype', () => {
    const text = JSON.stringify(makeAdmissionReview()).replace(
      '"labels":{',
      '"__proto__":{"polluted":1},"labels":{"__proto__":"x",',
    );
    const withExtra = text.replace('"extra":{', '"extra":{"__proto__":["polluted"],');
    const { object, userInfo } = parseAdmissionReview(Buffer.from(withExtra));
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Object.getPrototypeOf(object?.metadata)).toBe(Object.prototype);
    expect(object?.metadata?.['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(userInfo.extra)).toBe(Object.prototype);
    expect(userInfo.extra).toEqual({ scopes: ['all'] });
  });

  const expected = 'expected an AdmissionReview of admission.k8s.io/v1 with a request';
  it.each([
    ['nothing', '', `${expected}, got an empty body`],
    ['no JSON', '{"apiVersion":', 'the body is not JSON'],
    ['a byte order mark', `\uFEFF${JSON.stringify(makeAdmissionReview())}`, 'the body is not JSON'],
    ['two documents', `${JSON.stringify(makeAdmissionReview())}{}`, 'the body is not JSON'],
    ['a list', '[]', `${expected}, got a list`],
    ['null', 'null', `${expected}, got null`],
    ['an empty object', '{}', `${expected}, got apiVersion nothing and kind nothing`],
    [
      'an older version',
      JSON.stringify({ ...makeAdmissionReview(), apiVersion: 'admission.k8s.io/v1beta1' }),
      `${expected}, got apiVersion "admission.k8s.io/v1beta1" and kind "AdmissionReview"`,
    ],
    [
      'another kind',
      JSON.stringify({ ...makeAdmissionReview(), kind: 'x'.repeat(100) }),
      `${expected}, got apiVersion "admission.k8s.io/v1" and kind "${'x'.repeat(64)}…"`,
    ],
    [
      'a review without a request',
      JSON.stringify({ ...makeAdmissionReview(), request: undefined }),
      `${expected}, but request is wrong: Invalid input: expected object, received undefined`,
    ],
    [
      'a request without a uid',
      makeAdmissionReviewBytes({ uid: undefined }),
      `${expected}, but request.uid is wrong: Invalid input: expected string, received undefined`,
    ],
    [
      'an operation that does not exist',
      makeAdmissionReviewBytes({ operation: 'PATCH' }),
      `${expected}, but request.operation is wrong: Invalid option: expected one of "CREATE"|"UPDATE"|"DELETE"|"CONNECT"`,
    ],
    [
      'an object that is a list',
      makeAdmissionReviewBytes({ object: [] }),
      `${expected}, but request.object is wrong: expected an object`,
    ],
    [
      'a label that is a number',
      makeAdmissionReviewBytes({ object: { metadata: { labels: { workflow: 5 } } } }),
      `${expected}, but request.object.metadata.labels is wrong: expected an object of strings`,
    ],
    [
      'a name that is a number',
      makeAdmissionReviewBytes({ oldObject: { metadata: { name: 5 } } }),
      `${expected}, but request.oldObject.metadata.name is wrong: expected a string`,
    ],
    [
      'owners that are no list',
      makeAdmissionReviewBytes({ object: { metadata: { ownerReferences: {} } } }),
      `${expected}, but request.object.metadata.ownerReferences is wrong: expected a list of objects`,
    ],
    [
      'metadata that is a text',
      makeAdmissionReviewBytes({ object: { metadata: 'x' } }),
      `${expected}, but request.object.metadata is wrong: expected an object`,
    ],
    ['a depth bomb', '['.repeat(4_000_000), 'the body is nested deeper than 10010 levels'],
    [
      'a bomb of empty objects',
      `[${'{},'.repeat(2_000_000)}{}]`,
      'the body holds more than 250000 objects and arrays',
    ],
  ])('refuses %s and says what is wrong', (_, bytes, message) => {
    expect(refusal(bytes)).toBe(message);
  });

  it('refuses what is not UTF-8, instead of replacing it', () => {
    const bytes = makeAdmissionReviewBytes({ name: 'ab' });
    bytes[bytes.indexOf('"ab"') + 1] = 0xff;
    expect(refusal(bytes)).toBe('the body is not UTF-8');
  });

  it('reads objects as deep as the API server does', () => {
    const text = JSON.stringify(makeAdmissionReview({ object: { x: 'HERE' } }));
    const deep = text.replace('"HERE"', `${'['.repeat(9_990)}${']'.repeat(9_990)}`);
    expect(refusal(deep)).toBe('parsed');
  });
});
