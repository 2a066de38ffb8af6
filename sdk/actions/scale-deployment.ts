import { z } from 'zod';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { type ActionContext, defineAction } from '../../src/plugin/action.ts';
import { deploymentKind } from './api-kinds.ts';
import { namespaceName, objectName, wholeNumber } from './parameter-schemas.ts';
import { rememberedAs, resultAs } from './remembered.ts';

/** What is kept of a scaling: enough to undo it. */
const scaledSchema = z.object({
  namespace: z.string(),
  deployment: z.string(),
  previousReplicas: z.int(),
});

type Scaled = z.infer<typeof scaledSchema>;

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
    let scaled = rememberedAs(scaledSchema, remembered);
    if (scaled === undefined) {
      const path = scalePath({ namespace, deployment });
      const scale = await kube.request<Scale>({ method: 'GET', path, signal });
      scaled = { namespace, deployment, previousReplicas: scale.spec?.replicas ?? 0 };
      await remember(scaled);
    }
    await setReplicas(context, scaled, replicas);
    return { ...scaled, replicas };
  },
  async rollback(context) {
    const scaled = resultAs(scaledSchema, context.result);
    await setReplicas(context, scaled, scaled.previousReplicas);
    const { namespace, deployment, previousReplicas } = scaled;
    return { namespace, deployment, replicas: previousReplicas };
  },
});

function scalePath({ namespace, deployment }: Pick<Scaled, 'namespace' | 'deployment'>): string {
  return resourcePath(deploymentKind, { namespace, name: deployment, subresource: 'scale' });
}

async function setReplicas(
  { kube, signal }: Pick<ActionContext<unknown>, 'kube' | 'signal'>,
  scaled: Scaled,
  replicas: number,
): Promise<void> {
  await kube.request({
    method: 'PATCH',
    path: scalePath(scaled),
    contentType: 'application/merge-patch+json',
    body: { spec: { replicas } },
    signal,
  });
}
