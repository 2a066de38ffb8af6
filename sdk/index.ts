/**
 * `stepgate`: what controllers, plugins and other clients are written with. Every name here is a promise; whatever is
 * not here may change at any time.
 */

// A manager and its controllers.
export { createManager } from './manager/manager.ts';
export type { Manager, ManagerLeaderElection, ManagerOptions } from './manager/manager-options.ts';
export { ManagerError } from './manager/manager-error.ts';
export type {
  CacheOptions,
  Controller,
  ControllerContext,
  ControllerSetup,
  ReconcileResult,
  Source,
} from './controller/controller.ts';
export { ownerKeys, ownKey, type KeysOf } from './controller/owner-keys.ts';
export {
  allOf,
  annotationsChanged,
  anyOf,
  changed,
  type Change,
  deletionChanged,
  generationChanged,
  labelsChanged,
  metadataChanged,
  not,
  type Predicate,
} from './controller/predicates.ts';
export { workflowController, type WorkflowControllerOptions } from './workflow/workflow-controller.ts';
export { analysisController, type AnalysisControllerOptions } from './analysis/analysis-controller.ts';
export { executionController, type ExecutionControllerOptions } from './execution/execution-controller.ts';
export type { ActionCode } from './execution/action-code.ts';
export { catchStrayErrors, type StrayErrors, type StrayErrorsOptions } from '../src/plugin/stray-errors.ts';

// Plugins.
export { objectName } from './actions/parameter-schemas.ts';
export {
  type Action,
  type ActionContext,
  type ActionExecution,
  defineAction,
  type RollbackContext,
  type UndoneExecution,
} from '../src/plugin/action.ts';
export { type AdmissionCheck, type CheckFacts, definePlugin, type Plugin } from '../src/plugin/plugin.ts';
export { PluginError } from '../src/plugin/plugin-error.ts';
export { type Allow, allowed, type Cause, deny, type Deny } from '../src/policy/verdict.ts';

// The pieces of a workflow's controller, each for itself.
export { ParallelExecutor } from './parallel/parallel-executor.ts';
export { type EnqueueOptions, type QueuedStep, StepQueue } from './parallel/step-queue.ts';
export {
  createWhenFree,
  type CreateWhenFreeOptions,
  SlotWaitTimeoutError,
} from './parallel/create-when-free.ts';
export { SlotWaiters, type SlotWaitersOptions } from './parallel/slot-waiters.ts';
export { isLimitReached } from './parallel/limit-reached.ts';

// Talking to an API server.
export type { ClusterAccess } from '../src/kube/cluster-access.ts';
export {
  createKubeClient,
  type KubeClient,
  type KubeClientOptions,
  type KubeRequest,
  type KubeResponseFacts,
} from '../src/kube/kube-client.ts';
export { KubeConnectionError, type KubeConnectionFailure } from '../src/kube/kube-connection-error.ts';
export type { KubeLogger } from '../src/kube/kube-logger.ts';
export { KubePathError } from '../src/kube/kube-path-error.ts';
export { type KubeObject, objectKey, type ObjectMeta, type OwnerReference } from '../src/kube/kube-object.ts';
export {
  isKubeStatus,
  type KubeStatus,
  type KubeStatusCause,
  KubeStatusError,
} from '../src/kube/kube-status-error.ts';
export { createRateLimitedClient, type RateLimitedClient } from '../src/kube/rate-limited-client.ts';
export { resourcePath, type ResourcePlace } from '../src/kube/resource-path.ts';
export type { Selection } from '../src/kube/selection.ts';
export {
  type Reflector,
  type ReflectorMetrics,
  type ReflectorOptions,
  ReflectorStoppedError,
  startReflector,
} from '../src/kube/reflector.ts';
export type { ReflectorHandler } from '../src/kube/reflector-handler.ts';
export { createStore, type Store, type StoreListener, type StoreOptions } from '../src/kube/store.ts';
export {
  type AddOptions,
  createWorkQueue,
  type WorkQueue,
  type WorkQueueMetrics,
  type WorkQueueOptions,
  type WorkQueueState,
} from '../src/kube/work-queue.ts';
export type { BackoffPolicy } from '../src/kube/backoff.ts';
export {
  type LeaderElection,
  type LeaderElectionOptions,
  startLeaderElection,
} from '../src/kube/leader-election.ts';
export { defaultLeaderElectionTimes, type LeaderElectionTimes } from '../src/kube/leader-election-times.ts';
export { CandidateStoppedError, LeadershipLostError } from '../src/kube/leadership-errors.ts';
export { createEventRecorder, type EventRecorder, type EventRecorderOptions } from '../src/kube/events.ts';
export type { EventFacts, EventRegarding, EventReporter } from '../src/kube/event-object.ts';
export { type Clock, systemClock } from '../src/kube/clock.ts';

// The kinds, and what is set for an installation.
export {
  aiAnalysisKind,
  aiApprovalRequestKind,
  kubernetesExecutionKind,
  type ResourceKind,
  workflowExecutionKind,
} from '../src/api/names.ts';
export type { AIAnalysis } from '../src/api/ai-analysis.ts';
export type { AIApprovalRequest } from '../src/api/ai-approval-request.ts';
export type { KubernetesExecution } from '../src/api/kubernetes-execution.ts';
export type { WorkflowExecution } from '../src/api/workflow-execution.ts';
export { defaultInstallation, type Installation } from '../src/api/manifests/installation.ts';
export type { Config, Enforcement } from '../src/config/config.ts';
export { ConfigError } from '../src/config/config-error.ts';
export { environmentTexts } from '../src/config/environment.ts';
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from '../src/observability/logger.ts';
