import type { Act, DemoCommand } from './act.ts';

const examples = 'examples/workflows';

/** The hash of the spec in examples/workflows/grow-shop.yaml. */
export const growShopSpecHash = 'sha256:328f4b09ff052789170da46eafd9ffbb6dda49c367dc86dfe64941591c4f64be';

/** A slow machine gets some more. */
const soon = { withinSeconds: 30 };

/**
 * Shows workflows as they change until one is completed, as a person would who then presses ^C. What waits for that is
 * silent: kubectl writes a row piece by piece, and words of another would come between.
 */
function watched(workflow: string, first = ''): string {
  return (
    `kubectl get workflowexecutions -w & ${first}kubectl wait --for=jsonpath={.status.phase}=completed ` +
    `workflowexecution/${workflow} --timeout=120s >/dev/null; sleep 2; kill $!`
  );
}

/** A row of a workflow that is being executed, with so many active. */
function row(workflow: string, active: string): string {
  return `^${workflow} +executing +\\d+ +(?:true +)?${active} +\\d`;
}

/** That workflow was never seen with more than five active. */
function neverMore(workflow: string): RegExp {
  return new RegExp(`^(?![^]*${row(workflow, '(?:[6-9]|\\d\\d)').replace('^', '\\n')})`);
}

/** The phases of a workflow's executions, and how often each name is there. */
function phasesOf(workflow: string, steps: number): DemoCommand {
  return {
    as: 'developer',
    run: `kubectl get kubernetesexecutions -l workflow=${workflow} -o custom-columns=PHASE:.status.phase --no-headers | sort | uniq -c`,
    succeeds: true,
    prints: [new RegExp(`^ *${steps} completed\\n$`)],
  };
}

function leader(name: string): DemoCommand {
  return {
    as: 'admin',
    run: 'kubectl get leases -n kubernaut-system -o custom-columns=LEADER:.spec.holderIdentity',
    succeeds: true,
    prints: [new RegExp(`^${name}`, 'm')],
    ...soon,
  };
}

/** Workflows run to completion, five steps at a time, and outlive the controller that runs them. */
export const actThreeController: Act = {
  title: 'Act three: workflows run to completion',
  scenes: [
    {
      say: ['What was there is cleared away, and the limit is five again.'],
      commands: [
        {
          as: 'admin',
          run: 'kubectl delete workflowexecutions,kubernetesexecutions --all',
          succeeds: true,
          prints: ['"heal-shop" deleted', '"move-shop" deleted'],
        },
        {
          as: 'admin',
          run: 'kubectl delete -f examples/limit/limit-of-six.yaml',
          succeeds: true,
          prints: ['"kubernaut-workflowexecution-config" deleted'],
        },
      ],
    },
    {
      say: ['A shop, and an account for the actions of this namespace, with the rights of two of them.'],
      commands: [
        {
          as: 'admin',
          run: `kubectl apply -f ${examples}/shop.yaml`,
          succeeds: true,
          prints: ['configmap/shop-settings created', 'deployment.apps/cart created'],
        },
        {
          as: 'admin',
          run:
            'kubectl apply -f charts/stepgate/examples/runner.yaml -f charts/stepgate/examples/scale-deployment.yaml ' +
            '-f charts/stepgate/examples/update-configmap.yaml',
          succeeds: true,
          prints: ['serviceaccount/stepgate-runner created', 'stepgate-update-configmap created'],
        },
      ],
    },
    {
      say: ['A controller.'],
      commands: [
        {
          as: 'controller',
          run: 'stepgate controller --metrics-port=0 &',
          succeeds: true,
          prints: [/^\[1\] \d+$/m],
        },
        leader('stepgate-1'),
      ],
    },
    {
      say: ['A workflow of ten steps, eight of which could run at once. Five do.'],
      commands: [
        {
          as: 'developer',
          run: watched('tune-shop', `sleep 1; kubectl create -f ${examples}/tune-shop.yaml; `),
          succeeds: true,
          prints: [
            'tune-shop created',
            new RegExp(row('tune-shop', '5'), 'm'),
            neverMore('tune-shop'),
            /^tune-shop +completed +10 +0 +0/m,
          ],
        },
        phasesOf('tune-shop', 10),
      ],
    },
    {
      say: ['It was done.'],
      commands: [
        {
          as: 'admin',
          run: 'kubectl get deployments -o custom-columns=NAME:.metadata.name,REPLICAS:.spec.replicas',
          succeeds: true,
          prints: [/^cart +3$/m, /^checkout +4$/m, /^search +5$/m],
        },
        {
          as: 'admin',
          run: 'kubectl get configmap shop-settings -o jsonpath={.data}',
          succeeds: true,
          prints: ['"banner":"on"', '"ready":"yes"', '"tracing":"on"'],
        },
      ],
    },
    {
      say: [
        'A second controller, which waits until it is needed. And a workflow of twelve steps, which waits too.',
      ],
      commands: [
        {
          as: 'controller',
          run: 'stepgate controller --metrics-port=0 &',
          succeeds: true,
          prints: [/^\[2\] \d+$/m],
        },
        {
          as: 'developer',
          run: `kubectl create -f ${examples}/grow-shop.yaml`,
          succeeds: true,
          prints: ['grow-shop created'],
        },
        {
          as: 'developer',
          run: 'kubectl get workflowexecution grow-shop',
          succeeds: true,
          prints: [/^grow-shop +awaiting_approval +12 +true +0 +0/m],
          ...soon,
        },
        {
          as: 'developer',
          run: 'kubectl get kubernetesexecutions -l workflow=grow-shop',
          succeeds: true,
          prints: ['No resources found'],
        },
      ],
    },
    {
      say: ['It is approved, runs at once, and in the middle of it the controller is killed.'],
      commands: [
        {
          as: 'approver',
          run: `kubectl annotate workflowexecution grow-shop kubernaut.io/approved=${growShopSpecHash}`,
          succeeds: true,
          prints: ['grow-shop annotated'],
        },
        {
          as: 'developer',
          run: 'kubectl wait --for=jsonpath={.status.phase}=completed kubernetesexecution/grow-shop-step-1 --timeout=60s',
          succeeds: true,
          prints: ['grow-shop-step-1 condition met'],
          ...soon,
        },
        { as: 'controller', run: 'kill -9 %1', succeeds: true, prints: ['Killed'] },
      ],
    },
    {
      say: ['The other one takes over when the lease of the first has run out, and goes on where that was.'],
      commands: [
        {
          as: 'developer',
          run: watched('grow-shop'),
          succeeds: true,
          prints: [neverMore('grow-shop'), /^grow-shop +completed +12 +true +0 +0/m],
        },
        leader('stepgate-2'),
        phasesOf('grow-shop', 12),
        {
          as: 'admin',
          run: 'kubectl get configmap shop-settings -o jsonpath={.data}',
          succeeds: true,
          prints: ['"grown":"yes"', '"zones":"all"', '"zone-a":"open"', '"zone-g":"open"'],
        },
      ],
    },
    {
      say: ['It is told to stop, and gives its lease back.'],
      commands: [
        { as: 'controller', run: 'kill %2', succeeds: true, prints: ['Done'] },
        {
          as: 'admin',
          run: 'kubectl get leases -n kubernaut-system -o jsonpath={.items[*].spec}',
          succeeds: true,
          prints: ['"holderIdentity":""'],
        },
      ],
    },
  ],
};
