import type { Act } from './act.ts';

const examples = 'examples/analysis';

/** A slow machine gets some more. */
const soon = { withinSeconds: 30 };

/** The name of a request has a hash in it; there is one. */
const request = '$(kubectl get aiapproval -o name)';

function found(analysis: string): string {
  return (
    `kubectl patch aianalysis ${analysis} --subresource=status --type=merge ` +
    `--patch-file=${examples}/${analysis}.yaml`
  );
}

const approve = `kubectl patch ${request} --subresource=status --type=merge -p '{"status":{"decision":"Approved","message":"go ahead"}}'`;

/** An AI proposes, a person decides, and what was shown is what runs. */
export const actFourAnalysis: Act = {
  title: 'Act four: an AI proposes, a person decides',
  scenes: [
    {
      say: ['Developers may analyse, approvers may decide, and a controller runs.'],
      commands: [
        {
          as: 'admin',
          run: `kubectl apply -f ${examples}/analyser-rights.yaml -f ${examples}/approver-rights.yaml`,
          succeeds: true,
          prints: ['analyser created', 'request-approver created'],
        },
        {
          as: 'controller',
          run: 'stepgate controller --metrics-port=0 &',
          succeeds: true,
          prints: [/^\[3\] \d+$/m],
        },
      ],
    },
    {
      say: ['An analysis with two recommendations, of which it is sure: nobody need be asked.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/cold-cart.yaml`,
          succeeds: true,
          prints: ['cold-cart created'],
        },
        { as: 'developer', run: found('cold-cart'), succeeds: true, prints: ['cold-cart patched'] },
        {
          as: 'developer',
          run: 'kubectl wait --for=jsonpath={.status.phase}=completed aianalysis/cold-cart --timeout=60s',
          succeeds: true,
          prints: ['cold-cart condition met'],
        },
      ],
    },
    {
      say: ['One with twelve. It asks a person, and runs nothing.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/slow-shop.yaml`,
          succeeds: true,
          prints: ['slow-shop created'],
        },
        { as: 'developer', run: found('slow-shop'), succeeds: true, prints: ['slow-shop patched'] },
        {
          as: 'approver',
          run: 'kubectl get aiapproval',
          succeeds: true,
          prints: [
            /^slow-shop-[0-9a-f]{8} +slow-shop +12 .*12 steps are more than the 10 that need no approval/m,
          ],
          ...soon,
        },
        {
          as: 'developer',
          run: 'kubectl get aianalyses',
          succeeds: true,
          prints: [/^cold-cart +completed +NotRequired /m, /^slow-shop +approving +Pending +slow-shop-/m],
        },
      ],
    },
    {
      say: ['Who has asked cannot answer, nor recommend something else now.'],
      commands: [
        { as: 'developer', run: approve, succeeds: false, prints: ['Error from server (Forbidden)'] },
        {
          as: 'developer',
          run: `kubectl patch aianalysis slow-shop --subresource=status --type=merge -p '{"status":{"recommendations":[]}}'`,
          succeeds: false,
          prints: ['are frozen once the analysis is decided on'],
        },
      ],
    },
    {
      say: ['The approver reads what was found and what would run, and approves it: the one decision.'],
      commands: [
        {
          as: 'approver',
          run: `kubectl get aiapproval -o jsonpath='{range .items[0].spec}{.investigation.investigationSummary}{"\\n"}{range .workflow.spec.steps[*]}{.stepNumber}{"\\t"}{.action}{"\\t"}{.parameters}{"\\n"}{end}{end}'`,
          succeeds: true,
          prints: ['since the sale has begun', /^12\tupdate_configmap\t.*all is well/m],
        },
        { as: 'approver', run: approve, succeeds: true, prints: ['patched'] },
      ],
    },
    {
      say: ['Its workflow needs no second approval, and runs.'],
      commands: [
        {
          as: 'developer',
          run: 'kubectl wait --for=jsonpath={.status.phase}=completed aianalysis/slow-shop --timeout=120s',
          succeeds: true,
          prints: ['slow-shop condition met'],
        },
        {
          as: 'developer',
          run: 'kubectl get aiapproval',
          succeeds: true,
          prints: [/^slow-shop-[0-9a-f]{8} +slow-shop +12 +Approved +approver /m],
        },
        {
          as: 'developer',
          run: 'kubectl get workflowexecutions',
          succeeds: true,
          prints: [/^slow-shop-[0-9a-f]{8} +completed +12 +true +0 +0 +approver /m],
        },
        {
          as: 'admin',
          run: 'kubectl get configmap shop-settings -o jsonpath={.data}',
          succeeds: true,
          prints: ['"banner":"all is well"', '"cart-cache":"warm"', '"incident":"slow-shop"'],
        },
      ],
    },
    {
      say: ['The story is in the status of the analysis, and in its Events.'],
      commands: [
        {
          as: 'developer',
          run: "kubectl get aianalysis slow-shop -o yaml | grep -E '^  (phase|approv|message)'",
          succeeds: true,
          prints: ['phase: completed', 'approvalStatus: Approved', 'approvedBy: approver'],
        },
        {
          as: 'admin',
          run: 'kubectl get events --field-selector involvedObject.name=slow-shop -o custom-columns=REASON:.reason,MESSAGE:.message',
          succeeds: true,
          prints: [/^ApprovalRequested /m, /^WorkflowStarted /m, /^Completed /m],
          withinSeconds: 30,
        },
        { as: 'controller', run: 'kill %3', succeeds: true, prints: ['Done'] },
      ],
    },
  ],
};
