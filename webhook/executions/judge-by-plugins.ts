import { kubernetesExecutionSpecSchema } from '../../src/api/kubernetes-execution.ts';
import { serviceAccountOf } from '../../src/api/service-account.ts';
import type { PluginAdmission } from '../../src/plugin/plugin-admission.ts';
import { allowed, type Allow, type Deny } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';

/** What plugins say of the create of an execution. What is no spec at all is refused by the CRD's schema. */
export function judgeByPlugins(
  { namespace, name, object, userInfo, dryRun }: AdmissionRequest,
  workflow: string,
  plugins: PluginAdmission,
): Allow | Deny {
  const parsed = kubernetesExecutionSpecSchema.safeParse(object?.['spec']);
  if (!parsed.success || !plugins.concerns(parsed.data.action)) return allowed;
  const { stepNumber, action, serviceAccountName } = parsed.data;
  return plugins.judge({
    namespace,
    name,
    workflow,
    stepNumber,
    action,
    // As they came: a parsed copy leaves out what cannot be compared.
    parameters: parametersOf(object?.['spec']),
    serviceAccountName: serviceAccountOf(serviceAccountName),
    user: { name: userInfo.username, groups: userInfo.groups },
    dryRun,
  });
}

function parametersOf(spec: unknown): Readonly<Record<string, unknown>> {
  return (spec as { readonly parameters?: Record<string, unknown> }).parameters ?? {};
}
