import type { Act, DemoCommand } from './act.ts';

const examples = 'examples/limit';
const kind = 'kubernetesexecution.kubernetesexecution.kubernaut.io';

/** The refusal of an execution too many, as kubectl prints it: 429 is TooManyRequests. */
function refused(run: string, limit = 5): DemoCommand {
  return {
    as: 'developer',
    run,
    succeeds: false,
    prints: [
      'Error from server (TooManyRequests)',
      `Workflow "heal-shop" may have ${limit} active executions and all of its slots are taken`,
      /heal-shop-step-\d, heal-shop-step-\d/,
    ],
  };
}

function settles(execution: string): DemoCommand {
  return {
    as: 'developer',
    run: `kubectl patch kubernetesexecution ${execution} --subresource=status --type=merge -p '{"status":{"phase":"completed"}}'`,
    succeeds: true,
    prints: [`${execution} patched`],
  };
}

/** A slot that is free is seen free within moments; a busy machine gets some more. */
const soon = { withinSeconds: 30 };

/** Five active executions and no more, whoever asks and however. */
export const actOneLimit: Act = {
  title: 'Act one: five active executions, and no more',
  scenes: [
    {
      say: ['The administrator lets developers work with workflows and executions, and with nothing else.'],
      commands: [
        {
          as: 'admin',
          run: `kubectl apply -f ${examples}/developer-rights.yaml`,
          succeeds: true,
          prints: ['workflow-developer created'],
        },
      ],
    },
    {
      say: ['A workflow of eight steps that could all run at once. Five of them start.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/workflow.yaml`,
          succeeds: true,
          prints: ['heal-shop created'],
        },
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/executions-1-to-5.yaml`,
          succeeds: true,
          prints: [1, 2, 3, 4, 5].map((step) => `${kind}/heal-shop-step-${step} created`),
        },
      ],
    },
    {
      say: ['The sixth is refused: by create, by server-side apply, under a generated name, in a dry run.'],
      commands: [
        refused(`kubectl create -f ${examples}/execution-6.yaml`),
        refused(`kubectl apply --server-side -f ${examples}/execution-6.yaml`),
        refused(`kubectl create -f ${examples}/execution-generated.yaml`),
        refused(`kubectl create --dry-run=server -f ${examples}/execution-6.yaml`),
      ],
    },
    {
      say: ['What a program is told: HTTP 429, and in details.causes who holds the slots.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/execution-6.yaml -v=6 2>&1 | grep -E '"(reason|field|code)":'`,
          succeeds: true,
          prints: ['"ParallelLimitReached"', '"SlotHeld"', '"field": "heal-shop-step-5"', '"code": 429'],
        },
      ],
    },
    {
      say: ['Five are active. An execution that has not settled is active, whatever its phase.'],
      commands: [
        {
          as: 'developer',
          run: 'kubectl get kubernetesexecutions',
          succeeds: true,
          prints: [/^(?:heal-shop-step-[1-5] +heal-shop .*\n?){5}$/m],
        },
      ],
    },
    {
      say: ['One settles (a controller would say so), and the next one fits. The one after it does not.'],
      commands: [
        settles('heal-shop-step-1'),
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/execution-6.yaml`,
          succeeds: true,
          prints: ['heal-shop-step-6 created'],
          ...soon,
        },
        refused(`kubectl create -f ${examples}/execution-7.yaml`),
      ],
    },
    {
      say: ['Settled is for ever: a slot that was given away cannot be taken back.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl patch kubernetesexecution heal-shop-step-1 --subresource=status --type=merge -p '{"status":null}'`,
          succeeds: false,
          prints: ['settled is for ever'],
        },
      ],
    },
    {
      say: ['An execution that names no workflow: nobody could tell whose slot it holds.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/execution-without-workflow.yaml`,
          succeeds: false,
          prints: ['The KubernetesExecution "whose-is-it" is invalid', 'names no workflow'],
        },
      ],
    },
    {
      say: ['The journal, in which slots are reserved, is not even for administrators to edit.'],
      commands: [
        {
          as: 'admin',
          run: `kubectl patch slotjournal slots --type=merge -p '{"spec":{"reservations":[]}}'`,
          succeeds: false,
          prints: ['Error from server (Forbidden)', 'SlotJournals are written by', 'You are admin.'],
        },
      ],
    },
    {
      say: ['Twenty at the same time, for a workflow that has no execution yet. Five get a slot.'],
      commands: [
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/race-workflow.yaml`,
          succeeds: true,
          prints: ['race created'],
        },
        {
          as: 'developer',
          run: `seq 20 | xargs -P 20 -I% kubectl create -f ${examples}/race-execution.yaml 2>&1 | grep -oE 'created$|TooManyRequests' | sort | uniq -c`,
          succeeds: true,
          prints: [/^ *15 TooManyRequests$/m, /^ *5 created$/m],
        },
        {
          as: 'developer',
          run: 'kubectl get kubernetesexecutions -l workflow=race -o name | wc -l',
          succeeds: true,
          prints: [/^ *5$/m],
        },
      ],
    },
    {
      say: ['The administrator raises the limit. It is felt within seconds, without a restart.'],
      commands: [
        {
          as: 'admin',
          run: `kubectl apply -f ${examples}/limit-of-six.yaml`,
          succeeds: true,
          prints: ['kubernaut-workflowexecution-config created'],
        },
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/execution-7.yaml`,
          succeeds: true,
          prints: ['heal-shop-step-7 created'],
          ...soon,
        },
        { ...refused(`kubectl create -f ${examples}/execution-8.yaml`, 6), ...soon },
        {
          as: 'developer',
          run: 'kubectl get kubernetesexecutions -l workflow=heal-shop',
          succeeds: true,
          prints: [/heal-shop-step-1 .* completed /, 'heal-shop-step-7'],
        },
      ],
    },
  ],
};
