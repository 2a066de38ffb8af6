import { expect, test } from 'vitest';
import { jobManifest } from './job-manifest.ts';

const execution = {
  namespace: 'shop',
  name: 'heal-step-1',
  uid: 'uid-1',
  workflow: 'heal',
  stepNumber: 1,
  attempt: 1,
  serviceAccountName: 'stepgate-runner',
};

test('a Job has no privilege, a deadline, and goes with its execution', () => {
  expect(jobManifest('j', { image: 'tool:1', serviceAccountToken: false }, execution)).toMatchObject({
    metadata: { namespace: 'shop', ownerReferences: [{ kind: 'KubernetesExecution', uid: 'uid-1' }] },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: 3_600,
      ttlSecondsAfterFinished: 3_600,
      template: {
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              image: 'tool:1',
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  });
});

test('its deadline is the time of the attempt, in whole seconds', () => {
  const manifest = jobManifest(
    'j',
    { image: 'tool:1', serviceAccountToken: true },
    { ...execution, timeoutMilliseconds: 1_500 },
  );
  expect(manifest).toMatchObject({
    spec: {
      activeDeadlineSeconds: 2,
      template: { spec: { automountServiceAccountToken: true, serviceAccountName: 'stepgate-runner' } },
    },
  });
});
