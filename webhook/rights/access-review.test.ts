import { describe, expect, it } from 'vitest';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createAccessReviewer } from './access-review.ts';

type Status = { readonly allowed?: boolean; readonly denied?: boolean; readonly evaluationError?: string };

const ann = {
  username: 'ann',
  uid: 'u-1',
  groups: ['approvers', 'system:authenticated'],
  extra: { scopes: ['a', 'b'] },
};

function reviewer(answer: () => Status | undefined) {
  const clock = createManualClock();
  const client = scriptKubeClient(() => {
    const status = answer();
    return status === undefined ? {} : { status };
  });
  return { clock, client, ...createAccessReviewer(client, clock) };
}

describe('a review', () => {
  it('asks for the verb approve on that one workflow, with all that is known of the user', async () => {
    const { mayApprove, client } = reviewer(() => ({ allowed: true }));
    expect(await mayApprove(ann, 'shop', 'big')).toEqual({ allowed: true });
    expect(client.requests).toMatchObject([
      {
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: 'ann',
            uid: 'u-1',
            groups: ['approvers', 'system:authenticated'],
            extra: { scopes: ['a', 'b'] },
            resourceAttributes: {
              namespace: 'shop',
              name: 'big',
              verb: 'approve',
              group: 'workflowexecution.kubernaut.io',
              version: 'v1alpha1',
              resource: 'workflowexecutions',
            },
          },
        },
      },
    ]);
  });

  it('asks the same of a request for approval, and takes no answer about a workflow of that name for it', async () => {
    const { mayApprove, mayApproveRequest, client } = reviewer(() => ({ allowed: true }));
    await mayApprove(ann, 'shop', 'big');
    await mayApproveRequest(ann, 'shop', 'big');
    expect(client.requests[1]?.body).toMatchObject({
      spec: {
        resourceAttributes: {
          verb: 'approve',
          group: 'aianalysis.kubernaut.io',
          resource: 'aiapprovalrequests',
          name: 'big',
        },
      },
    });
  });

  it.each<[string, Status | undefined, object]>([
    ['allowed is yes', { allowed: true }, { allowed: true }],
    [
      'allowed is yes, though a role could not be read',
      { allowed: true, evaluationError: 'no role x' },
      { allowed: true },
    ],
    ['not allowed is no', { allowed: false }, { allowed: false }],
    ['denied is no', { allowed: false, denied: true }, { allowed: false }],
    [
      'a failure to find out is no, with the failure',
      { allowed: false, evaluationError: 'webhook is down' },
      { allowed: false, evaluationError: 'webhook is down' },
    ],
    ['an answer without a status is no', undefined, { allowed: false }],
    ['an answer that does not say is no', {}, { allowed: false }],
    ['yes in another type is no', { allowed: 'true' as unknown as boolean }, { allowed: false }],
  ])('%s', async (_, status, answer) => {
    expect(await reviewer(() => status).mayApprove(ann, 'shop', 'big')).toEqual(answer);
  });

  it('whose answer gets lost is asked for once more', async () => {
    const failures = [new KubeConnectionError('broken', 'lost')];
    const { mayApprove, client } = reviewer(() => {
      const failure = failures.pop();
      if (failure !== undefined) throw failure;
      return { allowed: true };
    });
    expect(await mayApprove(ann, 'shop', 'big')).toEqual({ allowed: true });
    expect(client.requests).toHaveLength(2);
  });

  it('that the API server does not answer rejects, and is asked again for the next request', async () => {
    let fails = true;
    const { mayApprove, client } = reviewer(() => {
      if (fails) throw refusal(503, 'ServiceUnavailable');
      return { allowed: true };
    });
    await expect(mayApprove(ann, 'shop', 'big')).rejects.toThrow('scripted 503');
    expect(client.requests).toHaveLength(2);
    fails = false;
    expect(await mayApprove(ann, 'shop', 'big')).toEqual({ allowed: true });
  });

  it('that the API server refuses is refused at once', async () => {
    const { mayApprove, client } = reviewer(() => {
      throw refusal(403, 'Forbidden');
    });
    await expect(mayApprove(ann, 'shop', 'big')).rejects.toThrow('scripted 403');
    expect(client.requests).toHaveLength(1);
  });
});

describe('an answer', () => {
  it.each([true, false])(
    '%s serves both passes of one request, and is forgotten after three seconds',
    async (allowed) => {
      let says = allowed;
      const { mayApprove, client, clock } = reviewer(() => ({ allowed: says }));
      await mayApprove(ann, 'shop', 'big');
      says = !allowed;
      clock.advance(2_999);
      expect(await mayApprove(ann, 'shop', 'big')).toEqual({ allowed });
      expect(client.requests).toHaveLength(1);
      clock.advance(1);
      expect(await mayApprove(ann, 'shop', 'big')).toEqual({ allowed: !allowed });
    },
  );

  it('is not kept where the authorizer failed', async () => {
    const answers: Status[] = [{ allowed: false, evaluationError: 'down' }, { allowed: true }];
    const { mayApprove } = reviewer(() => answers.shift());
    await mayApprove(ann, 'shop', 'big');
    expect(await mayApprove(ann, 'shop', 'big')).toEqual({ allowed: true });
  });

  it.each([
    ['another name', { ...ann, username: 'bob' }, 'shop', 'big'],
    ['another uid', { ...ann, uid: 'u-2' }, 'shop', 'big'],
    ['other groups', { ...ann, groups: ['approvers'] }, 'shop', 'big'],
    ['groups that look like one', { ...ann, groups: ['approvers,system:authenticated'] }, 'shop', 'big'],
    ['another extra', { ...ann, extra: { scopes: ['a'] } }, 'shop', 'big'],
    ['another key of an extra', { ...ann, extra: { scope: ['a', 'b'] } }, 'shop', 'big'],
    ['no extra', { ...ann, extra: {} }, 'shop', 'big'],
    ['another workflow', ann, 'shop', 'bigger'],
    ['another namespace', ann, 'shops', 'big'],
    ['a namespace and a name that run together', ann, 'shopbig', ''],
  ])('is not for %s', async (_, user, namespace, name) => {
    const answers: Status[] = [{ allowed: true }, { allowed: false }];
    const { mayApprove } = reviewer(() => answers.shift());
    expect(await mayApprove(ann, 'shop', 'big')).toEqual({ allowed: true });
    expect(await mayApprove(user, namespace, name)).toEqual({ allowed: false });
  });

  it('is one of a thousand at most', async () => {
    const { mayApprove, client } = reviewer(() => ({ allowed: true }));
    for (let number = 0; number <= 1_000; number += 1) await mayApprove(ann, 'shop', `big-${number}`);
    await mayApprove(ann, 'shop', 'big-1000');
    expect(client.requests).toHaveLength(1_001);
    await mayApprove(ann, 'shop', 'big-0');
    expect(client.requests).toHaveLength(1_002);
  });
});

describe('the use of a ServiceAccount', () => {
  it('is asked for by its own verb', async () => {
    const { mayUse, client } = reviewer(() => ({ allowed: true }));
    expect(await mayUse(ann, 'shop', 'deployer')).toEqual({ allowed: true });
    expect(client.requests[0]).toMatchObject({
      body: {
        spec: {
          user: 'ann',
          resourceAttributes: {
            namespace: 'shop',
            name: 'deployer',
            verb: 'use',
            group: '',
            version: 'v1',
            resource: 'serviceaccounts',
          },
        },
      },
    });
  });

  it('is another right than the approval of a workflow of that name', async () => {
    const answers: Status[] = [{ allowed: true }, { allowed: false }];
    const { mayUse, mayApprove } = reviewer(() => answers.shift());
    expect(await mayApprove(ann, 'shop', 'big')).toEqual({ allowed: true });
    expect(await mayUse(ann, 'shop', 'big')).toEqual({ allowed: false });
  });
});
