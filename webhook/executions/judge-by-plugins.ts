import { rollbackOfAnnotation } from '../../src/api/names.ts';
import { kubernetesExecutionSpecSchema } from '../../src/api/kubernetes-execution.ts';
import { serviceAccountOf } from '../../src/api/service-account.ts';
import type { PluginAdmission } from '../../src/plugin/plugin-admission.ts';
import { allowed, type Allow, deny, type Deny } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';

/**
 * What plugins say of the create of an execution. What is no spec at all is refused by the CRD's schema before; should
 * something pass it that is read otherwise here, no plugin could be asked about it.
 */
export function judgeByPlugins(
  { namespace, name, object, userInfo, dryRun }: AdmissionRequest,
  workflow: string,
  plugins: PluginAdmission,
): Allow | Deny {
  const parsed = kubernetesExecutionSpecSchema.safeParse(object?.['spec']);
  if (!parsed.success) return unreadable;
  if (!plugins.concerns(parsed.data.action)) return allowed;
  const { stepNumber, action, serviceAccountName } = parsed.data;
  const rollbackOf = object?.metadata?.annotations?.[rollbackOfAnnotation];
  return plugins.judge({
    namespace,
    name,
    workflow,
    stepNumber,
    action,
    // As they came: a copy of ours leaves out what cannot be compared. The action's schema parses them.
    parameters: parametersOf(object?.['spec']),
    ...(rollbackOf === undefined ? {} : { rollbackOf }),
    serviceAccountName: serviceAccountOf(serviceAccountName),
    user: { name: userInfo.username, groups: userInfo.groups },
    dryRun,
  });
}

const message = 'No plugin can be asked about this execution: its spec cannot be read.';
const unreadable = deny(422, 'Invalid', message, [{ reason: 'SpecUnreadable', field: 'spec', message }]);

function parametersOf(spec: unknown): Readonly<Record<string, unknown>> {
  return (spec as { readonly parameters?: Record<string, unknown> }).parameters ?? {};
}
