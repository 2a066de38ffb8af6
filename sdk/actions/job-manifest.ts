import type { ActionExecution } from '../../src/plugin/action.ts';
import { kubernetesExecutionKind } from '../../src/api/names.ts';

/** What a container is to do. */
export interface JobParameters {
  readonly image: string;
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly runAsUser?: number | undefined;
  readonly serviceAccountToken: boolean;
}

/** A container without a timeout of its own execution ends after this. */
const longestSeconds = 3_600;

/** How long the Job is kept once it has ended, so that its result can be read after a crash too. */
const keptSeconds = 3_600;

/** The container's name in its pod. */
export const containerName = 'action';

/**
 * The Job that an execution runs: one pod, once, within the `restricted` profile of Pod Security, deleted with its
 * execution.
 */
export function jobManifest(name: string, parameters: JobParameters, execution: ActionExecution): object {
  const { image, command, args, env = {}, runAsUser, serviceAccountToken } = parameters;
  const { group, version, kind } = kubernetesExecutionKind;
  const labels = { 'app.kubernetes.io/managed-by': 'stepgate' };
  const { timeoutMilliseconds = longestSeconds * 1000 } = execution;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: execution.namespace,
      labels,
      annotations: { 'stepgate.kubernaut.io/execution': execution.name },
      ownerReferences: [
        {
          apiVersion: `${group}/${version}`,
          kind,
          name: execution.name,
          uid: execution.uid,
          controller: true,
        },
      ],
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: Math.max(1, Math.ceil(timeoutMilliseconds / 1000)),
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: execution.serviceAccountName,
          automountServiceAccountToken: serviceAccountToken,
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            ...(runAsUser === undefined ? {} : { runAsUser }),
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: containerName,
              image,
              ...(command === undefined ? {} : { command }),
              ...(args === undefined ? {} : { args }),
              env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
              terminationMessagePolicy: 'FallbackToLogsOnError',
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  };
}
