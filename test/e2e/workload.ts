import { join } from 'node:path';

/** The account of actions in the namespace `default`, and what it needs for each of them: a folder of manifests. */
export const runnerRights = join(import.meta.dirname, '../../charts/stepgate/examples');

/** A Deployment of pods that do nothing, within the `restricted` profile. */
export interface IdleDeployment {
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  /** Where its pods have to be. Default: anywhere. */
  readonly node?: string;
}

const containerSecurity = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** See {@link IdleDeployment}. */
export function idleDeployment({ name, image, replicas, node }: IdleDeployment): object {
  const labels = { app: name };
  const prefers =
    node === undefined
      ? {}
      : {
          affinity: {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  preference: {
                    matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }],
                  },
                },
              ],
            },
          },
        };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...idlePodSpec(image), ...prefers } },
    },
  };
}

/** The spec of one such pod. */
export function idlePodSpec(image: string): object {
  return {
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [{ name: 'idle', image, securityContext: containerSecurity }],
  };
}
