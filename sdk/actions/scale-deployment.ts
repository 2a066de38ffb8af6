import { z } from 'zod';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { type ActionContext, defineAction } from '../../src/plugin/action.ts';
import { deploymentKind } from './api-kinds.ts';
import { namespaceName, objectName, wholeNumber } from './parameter-schemas.ts';
import { rememberedAs, resultAs } from './remembered.ts';

/** Which Deployment, as the parameters say. */
interface Target {
  readonly namespace: string;
  readonly deployment: string;
}

/** What is kept of a scaling of this Deployment: enough to undo it. */
const scaledSchema = ({ namespace, deployment }: Target) =>
  z.object({
    namespace: z.literal(namespace),
    deployment: z.literal(deployment),
    previousReplicas: z.int().min(0).max(2_147_483_647),
  });

interface Scale {
  readonly spec?: { readonly replicas?: number };
}

/** Sets the replicas of a Deployment, by its scale subresource. Does not wait for the pods. */
export const scaleDeployment = defineAction({
  name: 'scale_deployment',
  parameters: z.strictObject({ deployment: objectName, namespace: namespaceName, replicas: wholeNumber() }),
  async run(context) {
    const { parameters, kube, signal, execution, remember, remembered } = context;
    const { deployment, namespace = execution.namespace, replicas } = parameters;
    const target = { namespace, deployment };
    let scaled = rememberedAs(scaledSchema(target), remembered);
    if (scaled === undefined) {
      const path = scalePath(target);
      const scale = await kube.request<Scale>({ method: 'GET', path, signal });
      scaled = { ...target, previousReplicas: scale.spec?.replicas ?? 0 };
      await remember(scaled);
    }
    await setReplicas(context, target, replicas);
    return { ...scaled, replicas };
  },
  async rollback(context) {
    const { deployment, namespace = context.execution.namespace } = context.parameters;
    const target = { namespace, deployment };
    const { previousReplicas } = resultAs(scaledSchema(target), context.result);
    await setReplicas(context, target, previousReplicas);
    return { ...target, replicas: previousReplicas };
  },
});

function scalePath({ namespace, deployment }: Target): string {
  return resourcePath(deploymentKind, { namespace, name: deployment, subresource: 'scale' });
}

async function setReplicas(
  { kube, signal }: Pick<ActionContext<unknown>, 'kube' | 'signal'>,
  target: Target,
  replicas: number,
): Promise<void> {
  await kube.request({
    method: 'PATCH',
    path: scalePath(target),
    contentType: 'application/merge-patch+json',
    body: { spec: { replicas } },
    signal,
  });
}
