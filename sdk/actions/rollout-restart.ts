import { z } from 'zod';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { deploymentKind } from './api-kinds.ts';
import { namespaceName, objectName } from './parameter-schemas.ts';

/**
 * Annotation of a pod template: the uid of the execution that last restarted the Deployment. The same execution sets
 * the same value, so that doing it again restarts nothing.
 */
export const restartedByAnnotation = 'stepgate.kubernaut.io/restarted-by';

/** Has the pods of a Deployment replaced, as `kubectl rollout restart` does. Does not wait for them. */
export const rolloutRestart = defineAction({
  name: 'rollout_restart',
  parameters: z.strictObject({ deployment: objectName, namespace: namespaceName }),
  async run({ parameters, kube, signal, execution }) {
    const { deployment, namespace = execution.namespace } = parameters;
    const annotations = { [restartedByAnnotation]: execution.uid };
    await kube.request({
      method: 'PATCH',
      path: resourcePath(deploymentKind, { namespace, name: deployment }),
      contentType: 'application/merge-patch+json',
      body: { spec: { template: { metadata: { annotations } } } },
      signal,
    });
    return { namespace, deployment };
  },
});
