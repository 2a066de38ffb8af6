import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';

interface Step {
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'mine' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'developer' }],
};

const bindingAsText: Step = {
  action: 'apply_manifest',
  parameters: { manifest: JSON.stringify(binding) },
};

/** Whoever reads it sees a ConfigMap; of two keys that are the same, parsers take the last one. */
const secretBehindAConfigMap: Step = {
  action: 'apply_manifest',
  parameters: {
    manifest:
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"key":"dmFsdWU="},"\\u006bind":"Secret"}',
  },
};

/** Its check loops over containers, and there are none to loop over. */
const patchThatNoCheckExpects: Step = {
  action: 'patch_deployment',
  parameters: {
    deployment: 'web',
    patch: { spec: { template: { spec: { containers: { image: 'evil' } } } } },
  },
};

const actionOfNobody: Step = {
  action: 'restart_machine',
  parameters: { stage: ['production'] },
};

/** Runs a step of a workflow that needs no approval. */
const execute = (step: Step) => async (ground: Ground) => {
  await ground.workflows('developer').create(
    ground
      .small()
      .withSpec({ steps: [step1(step)] })
      .build(),
  );
  await ground.execute((execution) => execution.withSpec(step));
};

/** Runs a step that an approver has approved, having read it. */
const executeApproved = (step: Step) => async (ground: Ground) => {
  const others = ground.draft().build().spec.steps?.slice(1) ?? [];
  await ground.workflow((workflow) => workflow.withSpec({ steps: [step1(step), ...others] }));
  await ground.approve();
  await ground.execute((execution) => execution.withSpec(step));
};

const step1 = (step: Step) => ({ stepNumber: 1, ...step });

/** Every way past the checks of a plugin, and past the eyes of an approver, by how parameters are written. */
export const pluginCheckAttempts: readonly Attempt[] = [
  {
    attempt: "pass a plugin's check of what is applied, by giving the manifest as text",
    user: 'developer',
    guard: 'checks-see-what-runs',
    run: execute(bindingAsText),
  },
  {
    attempt: "make a plugin's check throw, by parameters in a shape that it does not expect",
    user: 'developer',
    guard: 'checks-fail-closed',
    run: execute(patchThatNoCheckExpects),
  },
  {
    attempt: "pass a plugin's check by an action whose parameters nobody here can parse",
    user: 'developer',
    guard: 'checks-know-the-action',
    run: execute(actionOfNobody),
  },
  {
    attempt:
      'show an approver a ConfigMap and apply a Secret, by a second kind whose key is written with an escape',
    user: 'developer',
    guard: 'each-key-once',
    run: executeApproved(secretBehindAConfigMap),
  },
];
