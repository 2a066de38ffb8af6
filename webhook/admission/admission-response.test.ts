import { describe, expect, it } from 'vitest';
import { allowed, deny } from '../../src/policy/verdict.ts';
import { makeAdmissionReviewBytes } from '../../test/builders/admission-review-builder.ts';
import { toAdmissionResponse } from './admission-response.ts';
import { parseAdmissionReview } from './admission-review.ts';

const request = parseAdmissionReview(makeAdmissionReviewBytes());
const { uid } = request;
const group = 'kubernetesexecution.kubernaut.io';

describe('toAdmissionResponse', () => {
  it('echoes the uid of what it allows, and says no more', () => {
    expect(toAdmissionResponse(request, allowed)).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid, allowed: true },
    });
  });

  it('tells a denial with everything a client may switch on, and no Retry-After', () => {
    const causes = [{ reason: 'ParallelLimitReached', message: 'five are active', field: 'metadata.name' }];
    const { response } = toAdmissionResponse(
      request,
      deny(429, 'TooManyRequests', 'no slot is free', causes),
    );
    expect(response).toEqual({
      uid,
      allowed: false,
      status: {
        metadata: {},
        status: 'Failure',
        code: 429,
        reason: 'TooManyRequests',
        message: 'no slot is free',
        details: { name: 'restart-step-1', group, kind: 'kubernetesexecutions', causes },
      },
    });
    expect(JSON.stringify(response)).not.toContain('retryAfter');
  });

  it('names the kind in an Invalid, as the API server does, because kubectl prints it', () => {
    const { response } = toAdmissionResponse(request, deny(422, 'Invalid', 'no workflow'));
    expect(response.status?.details).toEqual({
      name: 'restart-step-1',
      group,
      kind: 'KubernetesExecution',
      causes: [],
    });
  });

  it('leaves out the name that a generateName has not made yet', () => {
    const unnamed = parseAdmissionReview(makeAdmissionReviewBytes({ name: '' }));
    const { response } = toAdmissionResponse(unnamed, deny(422, 'Invalid', 'no workflow'));
    expect(response.status?.details).not.toHaveProperty('name');
  });

  it('encodes a patch', () => {
    const operations = [{ op: 'add', path: '/metadata/labels/workflow', value: 'größe' }] as const;
    const { response } = toAdmissionResponse(request, { decision: 'patch', operations });
    expect(response).toMatchObject({ uid, allowed: true, patchType: 'JSONPatch' });
    expect(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString())).toEqual(operations);
  });

  it('takes a patch of nothing for an allow', () => {
    const { response } = toAdmissionResponse(request, { decision: 'patch', operations: [] });
    expect(response).toEqual({ uid, allowed: true });
  });

  it('carries warnings and audit annotations with any verdict', () => {
    const remarks = { warnings: ['one\ntwo'], auditAnnotations: { limit: 'would deny' } };
    expect(toAdmissionResponse(request, { ...allowed, ...remarks }).response).toEqual({
      uid,
      allowed: true,
      warnings: ['one two'],
      auditAnnotations: { limit: 'would deny' },
    });
  });
});
