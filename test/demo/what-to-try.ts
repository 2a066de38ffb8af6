import { join } from 'node:path';
import type { InstalledCluster } from '../cluster/installed-cluster.ts';

/** What a person is told about a cluster that is left running. */
export function whatToTry(
  { controlPlane, replicas }: Pick<InstalledCluster, 'controlPlane' | 'replicas'>,
  binFolder: string,
): string {
  const logs = replicas.map(({ name }) => join(controlPlane.folder, `${name}.log`));
  return `
The cluster stays until you press ^C. In another terminal, in this folder:

  export KUBECONFIG=${controlPlane.kubeconfig('developer')}
  export PATH=${binFolder}:$PATH    # a kubectl that fits, if you have none

You are the developer now, and nothing runs executions: five are active, and a sixth is refused. Try to get it in:

  kubectl create -f examples/limit/workflow.yaml
  kubectl create -f examples/limit/executions-1-to-5.yaml
  kubectl create -f examples/limit/execution-6.yaml
  seq 50 | xargs -P 10 -I% kubectl create -f examples/limit/execution-generated.yaml
  kubectl replace --force -f examples/limit/execution-6.yaml
  kubectl label kubernetesexecution heal-shop-step-2 --overwrite workflow=another

Or free a slot, and use it:

  kubectl delete kubernetesexecution heal-shop-step-3
  kubectl create -f examples/limit/execution-6.yaml

Create what needs approval; try to approve it yourself, by whatever way:

  kubectl create -f examples/approval/workflow.yaml
  kubectl annotate workflowexecution move-shop --overwrite kubernaut.io/approved=true
  kubectl replace --force -f examples/approval/workflow.yaml

As approver, approve it:

  export KUBECONFIG=${controlPlane.kubeconfig('approver')}
  kubectl annotate workflowexecution move-shop --overwrite kubernaut.io/approved=true

As administrator, look at the journal and change the limit:

  export KUBECONFIG=${controlPlane.kubeconfig()}
  kubectl get slotjournals --all-namespaces -o yaml
  kubectl edit configmap -n kubernaut-system kubernaut-workflowexecution-config

Start a controller, two if you like, and run workflows again:

  node src/main.ts controller --metrics-port=0 --kubeconfig=${controlPlane.kubeconfig('controller')}
  kubectl delete workflowexecution grow-shop
  kubectl create -f examples/workflows/grow-shop.yaml
  kubectl get workflowexecutions -w

Let an AI propose something, and decide on it as approver:

  kubectl delete aianalysis slow-shop
  kubectl create -f examples/analysis/slow-shop.yaml
  kubectl patch aianalysis slow-shop --subresource=status --type=merge --patch-file=examples/analysis/slow-shop.yaml
  kubectl get aiapproval
  kubectl describe aianalysis slow-shop

The replicas write to
${logs.map((log) => `  ${log}`).join('\n')}
`;
}
