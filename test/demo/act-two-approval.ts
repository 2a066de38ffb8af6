import type { Act, DemoCommand } from './act.ts';

const examples = 'examples/approval';

/** The hash of the spec in examples/approval/workflow.yaml. */
export const exampleSpecHash = 'sha256:a485de13c267fe1ed282230d756de88c0825c722627627f073773cfdc83ea421';

/** As stepgate prints it, and as a person then types it. */
const approve = `kubectl annotate workflowexecution move-shop -n default --overwrite kubernaut.io/approved=${exampleSpecHash}`;

/** As the rest of the commands: with another value. */
function decide(value: string): string {
  return `kubectl annotate workflowexecution move-shop --overwrite kubernaut.io/approved=${value}`;
}

function refused(run: string, ...prints: DemoCommand['prints']): DemoCommand {
  return { as: 'developer', run, succeeds: false, prints: ['Error from server (Forbidden)', ...prints] };
}

const waits = 'Workflow "move-shop" has 12 steps and runs nothing until it is approved.';

/** More than ten steps need a person, and what runs is what that person has approved. */
export const actTwoApproval: Act = {
  title: 'Act two: more than ten steps need a person',
  scenes: [
    {
      say: ['The administrator lets the group approvers decide. The verb is approve, and RBAC gives it.'],
      commands: [
        {
          as: 'admin',
          run: `kubectl apply -f ${examples}/approver-rights.yaml`,
          succeeds: true,
          prints: ['workflow-approver created'],
        },
      ],
    },
    {
      say: ['A workflow of twelve steps. It is created, and awaits approval.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl apply -f ${examples}/workflow.yaml`,
          succeeds: true,
          prints: ['move-shop created'],
        },
        {
          as: 'developer',
          run: 'kubectl get workflowexecutions',
          succeeds: true,
          prints: [
            /^NAME +PHASE +STEPS +NEEDS-APPROVAL /m,
            /^move-shop +12 +true +\S+$/m,
            /^heal-shop +8 +\d+/m,
          ],
        },
      ],
    },
    {
      say: [
        'Nobody can create an execution for it. The refusal has the command that approves what is there.',
      ],
      commands: [refused(`kubectl create -f ${examples}/execution-1.yaml`, waits, approve)],
    },
    {
      say: ['The developer types that command, and has no right to. Nor may anybody sign for somebody else.'],
      commands: [
        refused(approve, 'developer may not decide on workflow "move-shop"', 'takes the verb approve'),
        refused(
          'kubectl annotate workflowexecution move-shop kubernaut.io/approved-by=approver',
          'kubernaut.io/approved-by is written by stepgate alone',
        ),
        refused(`kubectl create -f ${examples}/execution-1.yaml`, waits),
      ],
    },
    {
      say: ['A typo is no approval. The approver reads the workflow, and approves what has this hash.'],
      commands: [
        {
          as: 'approver',
          run: decide('yes'),
          succeeds: false,
          prints: ['is invalid', 'takes true, false or the hash sha256:…, not "yes"'],
        },
        { as: 'approver', run: approve, succeeds: true, prints: ['move-shop annotated'] },
      ],
    },
    {
      say: ['Everybody sees who approved what, and when.'],
      commands: [
        {
          as: 'developer',
          run: "kubectl get workflowexecution move-shop -o yaml | grep -E 'kubernaut.io/(approv|created)'",
          succeeds: true,
          prints: [
            'kubernaut.io/approved-by: approver',
            `kubernaut.io/approved-spec: ${exampleSpecHash}`,
            /kubernaut\.io\/approved-at: "\d{4}-\d\d-\d\dT[\d:.]+Z"/,
            'kubernaut.io/created-by: developer',
          ],
        },
        {
          as: 'admin',
          run: 'kubectl get events --field-selector involvedObject.name=move-shop -o custom-columns=REASON:.reason,MESSAGE:.message',
          succeeds: true,
          prints: [/^ApprovalRequired +12 steps/m, `approver approved ${exampleSpecHash}`],
          withinSeconds: 30,
        },
      ],
    },
    {
      say: ['From now on its executions are admitted: its steps, as they were approved, each of them once.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/execution-1.yaml`,
          succeeds: true,
          prints: ['move-shop-step-1 created'],
        },
        refused(
          `sed 's/move-shop-step-1/once-more/' ${examples}/execution-1.yaml | kubectl create -f -`,
          'Step 1 is being done by execution "move-shop-step-1"',
        ),
        refused(
          `kubectl create -f ${examples}/execution-5-other-action.yaml`,
          'action of step 5 is "delete_node", approved was "cordon_node"',
        ),
        refused(
          `kubectl create -f ${examples}/execution-5-other-parameters.yaml`,
          'parameters of step 5 is {"node":"new-1"}, approved was {"node":"old-1"}',
        ),
      ],
    },
    {
      say: ['The developer edits the last step. The approval was for what is no longer there: it is void.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl patch workflowexecution move-shop --type=json -p '[{"op":"replace","path":"/spec/steps/11/action","value":"delete_namespace"}]'`,
          succeeds: true,
          prints: ['Warning: The spec has changed: its approval is void', 'move-shop patched'],
        },
        refused(`kubectl create -f ${examples}/execution-5.yaml`, waits),
        {
          as: 'approver',
          run: approve,
          succeeds: false,
          prints: ['Error from server (Conflict)', 'The spec is no longer the one with that hash'],
        },
      ],
    },
    {
      say: ['The approver reads what is there now, and rejects it. That is final for this spec.'],
      commands: [
        { as: 'approver', run: decide('false'), succeeds: true, prints: ['move-shop annotated'] },
        refused(`kubectl create -f ${examples}/execution-5.yaml`, 'Workflow "move-shop" was rejected'),
        {
          as: 'approver',
          run: decide('true'),
          succeeds: false,
          prints: ['was rejected by approver: that is final for this spec'],
        },
        {
          as: 'developer',
          run: 'kubectl get workflowexecution move-shop',
          succeeds: true,
          prints: [/^move-shop +12 +true +approver +false +\S+$/m],
        },
      ],
    },
  ],
};
