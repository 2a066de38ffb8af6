/** Where the cluster is. */
export interface WhereItIs {
  readonly kubeconfig: string;
  /** The command to use where there is none on the PATH. */
  readonly kubectl: string | undefined;
  readonly helm: string | undefined;
  readonly namespace: string;
  readonly withPlugin: boolean;
}

/** What a person who has just started a cluster may want to do with it, to be pasted into another terminal. */
export function whatToTry({ kubeconfig, kubectl, helm, namespace, withPlugin }: WhereItIs): string {
  const lines = [
    '',
    'In another terminal:',
    '',
    `  export KUBECONFIG=${kubeconfig}`,
    ...(kubectl === undefined ? [] : [`  alias kubectl='${kubectl}'`]),
    ...(helm === undefined ? [] : [`  alias helm='${helm}'`]),
    `  kubectl get pods -n ${namespace}`,
    '',
    'Five fit, the sixth is refused:',
    `  kubectl scale deployment stepgate-controller -n ${namespace} --replicas=0   # or it would settle them`,
    '  kubectl apply -f examples/limit/workflow.yaml -f examples/limit/executions-1-to-5.yaml',
    '  kubectl create -f examples/limit/execution-6.yaml',
    `  kubectl scale deployment stepgate-controller -n ${namespace} --replicas=2`,
    '',
    ...(withPlugin
      ? [
          'Your plugin runs in webhook and controller:',
          `  kubectl logs -n ${namespace} deployment/stepgate-controller`,
        ]
      : ['Your plugin in it: make cluster PLUGIN=path/of/plugin.ts']),
    `What helm has installed: helm get values stepgate -n ${namespace} --all`,
    '',
    '^C removes the cluster.',
  ];
  return lines.join('\n');
}
