import { describe, expect, it } from 'vitest';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { type KubeStatusCause, KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { createRefusal } from './create-outcome.ts';

const refused = (code: number, reason: string, message = 'no', ...causes: KubeStatusCause[]) =>
  createRefusal(new KubeStatusError({ code, reason, message, details: { causes } }));

describe('createRefusal', () => {
  it('queues after a 429 of the limit, and after no other', () => {
    expect(refused(429, 'TooManyRequests', 'no', { reason: 'ParallelLimitReached' })).toEqual({
      kind: 'limit',
    });
    expect(refused(429, 'TooManyRequests').kind).toBe('passing');
  });

  it('knows an approval that is missing, and says how to give it', () => {
    const message = 'admission webhook "x.y" denied the request: Workflow "w" waits: kubectl annotate …';
    expect(refused(403, 'Forbidden', message, { reason: 'ApprovalRequired' })).toEqual({
      kind: 'closed',
      gate: 'waiting',
      message: 'Workflow "w" waits: kubectl annotate …',
    });
  });

  it.each([
    [403, 'WorkflowIsOver'],
    [422, 'WorkflowMissing'],
    [403, 'NamespaceTerminating'],
  ])('gives up for a %i %s', (code, reason) => {
    expect(refused(code, 'Any', 'no', { reason })).toMatchObject({ kind: 'closed', gate: 'over' });
  });

  it('gives up where there is no namespace', () => {
    expect(refused(404, 'NotFound')).toMatchObject({ kind: 'closed', gate: 'over' });
  });

  it('waits where another execution does the step', () => {
    const cause = { reason: 'NotTheApprovedStep', field: 'spec.stepNumber' };
    expect(refused(403, 'Forbidden', 'Step 3 is being done', cause).kind).toBe('taken');
    expect(refused(403, 'Forbidden', 'no', { ...cause, field: 'spec.action' }).kind).toBe('permanent');
  });

  it('does not try again what will never be admitted', () => {
    for (const code of [400, 403, 413, 422]) expect(refused(code, 'Any').kind).toBe('permanent');
  });

  it('tries again what may pass', () => {
    for (const code of [401, 409, 500, 502, 503, 504]) expect(refused(code, 'Any').kind).toBe('passing');
    expect(refused(403, 'Forbidden', 'exceeded quota: q, requested: …').kind).toBe('passing');
    expect(refused(403, 'Forbidden', 'status unknown for quota: q, resources: …').kind).toBe('passing');
    const owner = 'cannot set blockOwnerDeletion if an ownerReference refers to a resource you can';
    expect(refused(403, 'Forbidden', owner).kind).toBe('passing');
    expect(refused(403, 'Forbidden', 'User "x" cannot create resource "y" in API group').kind).toBe(
      'passing',
    );
    expect(refused(403, 'Forbidden', 'no', { reason: 'AuthorizerFailed' }).kind).toBe('passing');
    expect(refused(403, 'Forbidden', 'not yet ready to handle request').kind).toBe('passing');
    expect(createRefusal(new KubeConnectionError('broken', 'lost')).kind).toBe('passing');
    expect(createRefusal(new TypeError('a bug')).kind).toBe('passing');
  });

  it('knows a plugin that has failed', () => {
    expect(refused(500, 'InternalError', 'no', { reason: 'PluginFailed' }).kind).toBe('unasked');
  });

  it('knows a name that is taken', () => {
    expect(refused(409, 'AlreadyExists').kind).toBe('exists');
  });
});
