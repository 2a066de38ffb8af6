/**
 * `stepgate/testing`: what a plugin's author tests with. Builders make workflows and executions in a few words; the
 * fake runs an action without a cluster; the control plane is a real one, without nodes.
 */
export { fakeKube, type FakeFault, type FakeKube, type FakeKubeOptions } from './testing/fake-kube.ts';
export { makeExecution, makeGeneratedExecution, type ExecutionBuilder } from './testing/execution-builder.ts';
export { makeWorkflow, type StepDraft, type WorkflowBuilder } from './testing/workflow-builder.ts';
export {
  ParametersError,
  rollbackAction,
  runAction,
  type ActionOutcome,
  type RunActionOptions,
} from './testing/run-action.ts';
export {
  ControlPlaneError,
  startControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from './testing/control-plane.ts';
export { createTestNamespace, type RoleRule, type TestNamespace } from './testing/test-namespace.ts';
