import type { Config, Enforcement } from '../../src/config/config.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { softened } from '../../src/policy/softened.ts';
import type { PluginAdmission } from '../../src/plugin/plugin-admission.ts';
import { alreadyExists, slotsUnavailable, unmarkedExecution } from '../../src/policy/execution-refusals.ts';
import { completeIdentity } from '../../src/policy/identity-patch.ts';
import { parallelLimit } from '../../src/policy/parallel-limit.ts';
import { refuseHostileCharacters } from '../../src/policy/refuse-hostile-characters.ts';
import { withRemarks } from '../../src/policy/remarks.ts';
import { accountToAskFor } from '../../src/policy/service-account-right.ts';
import { allowed, type Deny, type Verdict } from '../../src/policy/verdict.ts';
import { identifyWorkflow } from '../../src/policy/workflow-identity.ts';
import { workflowAccepts } from '../../src/policy/workflow-state.ts';
import type { AdmissionContext } from '../admission/admission-handler.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { LiveWorkflows } from '../cluster/live-workflows.ts';
import type { StepLister } from '../cluster/step-lister.ts';
import type { ExecutionView } from '../journal/execution-view.ts';
import { SlotsUnavailableError } from '../journal/journal-errors.ts';
import type { SlotKeeper } from '../journal/slot-keeper.ts';
import type { SlotOutcome, SlotRequest } from '../journal/slot-request.ts';
import { isAlone } from '../journal/step-obstacle.ts';
import type { AccessReviewer } from '../rights/access-review.ts';
import { refusedAccount } from '../rights/refused-account.ts';
import { judgeByPlugins } from './judge-by-plugins.ts';
import { markedExecution } from './marked-execution.ts';
import { passGate, stepTaken, type GateFacts } from './pass-gate.ts';

/** What the decision of a create needs. */
export interface ValidateExecutionOptions {
  readonly keeper: Pick<SlotKeeper, 'request'>;
  readonly workflows: Pick<LiveWorkflows, 'factsOf' | 'read'>;
  readonly listSteps: StepLister;
  /** The active executions of a workflow as the watch shows them; only a hint here. */
  readonly active: ExecutionView['active'];
  readonly reviewer: Pick<AccessReviewer, 'mayUse'>;
  /** Undefined where there are none. */
  readonly plugins?: PluginAdmission | undefined;
  readonly config: () => Config;
}

/** Given back by the guard before its own deadline, so that the reason is ours. Milliseconds. */
const answerMarginMilliseconds = 100;
/** A list that other creates of the workflow keep overtaking is made again this often. */
const listAttempts = 5;

/**
 * Decides the CREATE of an execution: whose is it, do plugins take it, may that workflow run it, may its user have it
 * run as its account, has it a slot. A refusal before the last question costs no slot.
 */
export function validateExecution(options: ValidateExecutionOptions) {
  const { keeper, workflows, reviewer, plugins, config } = options;

  /** Asks for the slot; where the step is exclusive, with a list that the journal has not overtaken. */
  async function gated(
    request: SlotRequest,
    execution: GateFacts,
    enforcement: Enforcement,
  ): Promise<Verdict> {
    const { namespace } = execution;
    const { complexityApprovalThreshold: currentThreshold, requireWorkflow } = config();
    let refusal: Deny | undefined;
    let { mustRead } = execution;
    for (let attempt = 1; attempt <= listAttempts && refusal === undefined; attempt += 1) {
      const seemsAlone = isAlone(request.name, options.active(namespace, request.workflow));
      const listSteps = attempt === 1 && seemsAlone ? undefined : options.listSteps;
      const means = { workflows, listSteps, currentThreshold, requireWorkflow };
      const gate = await passGate({ ...execution, mustRead }, means);
      if (gate.kind === 'over') return gate.refusal;
      if (gate.kind === 'unapproved') {
        refusal = gate.refusal;
        break;
      }
      const { step, seenAt } = gate;
      const outcome = await keeper.request(namespace, {
        ...request,
        ...(step && { step }),
        ...(seenAt === undefined ? {} : { workflowSeenAt: seenAt }),
      });
      if (outcome.kind === 'stepTaken') refusal = stepTaken(step?.key ?? '', outcome.holder);
      else if (outcome.kind === 'workflowChanging') mustRead = true;
      else if (outcome.kind !== 'listOutdated') return slotVerdict(request, outcome, enforcement);
    }
    refusal ??= slotsUnavailable(
      'StepsChanging',
      `the executions of workflow "${request.workflow}" change too fast`,
    );
    if (enforcement === 'enforce') return refusal;
    const outcome = await keeper.request(namespace, request);
    return isSlotOutcome(outcome)
      ? softened(refusal, slotVerdict(request, outcome, enforcement), enforcement)
      : // No step was asked for, so none is in the way.
        refusal;
  }

  return async (request: AdmissionRequest, { deadline, signal }: AdmissionContext): Promise<Verdict> => {
    if (request.operation !== 'CREATE' || request.object === undefined) return allowed;
    const { namespace, name, object } = request;
    const hostile = refuseHostileCharacters('spec', object['spec']);
    if (hostile !== undefined) return hostile;
    const identity = identifyWorkflow(markedExecution(object, namespace));
    if ('decision' in identity) return identity;
    const { workflow } = identity;
    if (completeIdentity(workflow, object.metadata ?? {}).length > 0) return unmarkedExecution(workflow);
    const ofPlugins = plugins === undefined ? allowed : judgeByPlugins(request, workflow, plugins);
    if (ofPlugins.decision === 'deny') return ofPlugins;
    const { requireWorkflow, enforcement } = config();
    const slotRequest: SlotRequest = {
      name,
      uid: object.metadata?.uid ?? request.uid,
      workflow,
      dryRun: request.dryRun,
      apply: isServerSideApply(request),
      enforce: enforcement === 'enforce',
      deadline: deadline - answerMarginMilliseconds,
      signal,
    };
    try {
      const facts = await workflows.factsOf(namespace, workflow);
      const refusal = workflowAccepts(workflow, namespace, facts.state);
      if (refusal !== undefined && (requireWorkflow || facts.state !== 'missing')) return refusal;
      const account = accountToAskFor(object['spec']);
      const accountRefusal =
        account === undefined ? undefined : await refusedAccount(request, account, reviewer);
      if (accountRefusal !== undefined) return accountRefusal;
      const verdict = await gated(
        slotRequest,
        { namespace, name, spec: object['spec'], workflow, facts, mustRead: false },
        enforcement,
      );
      return ofPlugins === allowed ? verdict : withRemarks(verdict, [ofPlugins]);
    } catch (error) {
      return unavailable(error, workflow);
    }
  };
}

type GateOutcome = Extract<SlotOutcome, { readonly kind: 'stepTaken' | 'listOutdated' | 'workflowChanging' }>;

/** False for what only the gate can go on with. */
function isSlotOutcome(outcome: SlotOutcome): outcome is Exclude<SlotOutcome, GateOutcome> {
  return (
    outcome.kind !== 'stepTaken' && outcome.kind !== 'listOutdated' && outcome.kind !== 'workflowChanging'
  );
}

function slotVerdict(
  { name, workflow }: SlotRequest,
  outcome: Exclude<SlotOutcome, GateOutcome>,
  enforcement: Enforcement,
): Verdict {
  return outcome.kind === 'alreadyExists'
    ? alreadyExists(name)
    : parallelLimit({ workflow, enforcement, outcome });
}

function unavailable(error: unknown, workflow: string): Verdict {
  if (error instanceof SlotsUnavailableError) return slotsUnavailable(error.reason, error.message);
  if (error instanceof KubeStatusError || error instanceof KubeConnectionError) {
    return slotsUnavailable('WorkflowUnreadable', `workflow "${workflow}" cannot be read (${error.message})`);
  }
  throw error;
}

/**
 * A create by server-side apply is a PATCH: the API server sends PatchOptions, and the fields' owner has applied.
 * Source: apiserver `handlers/patch.go`, which calls create admission with the patch's options.
 */
function isServerSideApply({ options, object }: AdmissionRequest): boolean {
  return (
    options?.['kind'] === 'PatchOptions' ||
    (object?.metadata?.managedFields ?? []).some((entry) => entry['operation'] === 'Apply')
  );
}
