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

You are the developer now, heal-shop has six active executions and may have six. Try to get a seventh:

  kubectl create -f examples/limit/execution-8.yaml
  seq 50 | xargs -P 10 -I% kubectl create -f examples/limit/execution-generated.yaml
  kubectl replace --force -f examples/limit/execution-8.yaml
  kubectl label kubernetesexecution heal-shop-step-2 --overwrite workflow=another

Or free a slot, and use it:

  kubectl get kubernetesexecutions
  kubectl delete kubernetesexecution heal-shop-step-3
  kubectl create -f examples/limit/execution-8.yaml

Edit what was rejected, and it may be asked for again; try to approve it yourself, by whatever way:

  kubectl edit workflowexecution move-shop
  kubectl annotate workflowexecution move-shop --overwrite kubernaut.io/approved=true
  kubectl replace --force -f examples/approval/workflow.yaml

As approver, approve it:

  export KUBECONFIG=${controlPlane.kubeconfig('approver')}
  kubectl annotate workflowexecution move-shop --overwrite kubernaut.io/approved=true

As administrator, look at the journal and change the limit:

  export KUBECONFIG=${controlPlane.kubeconfig()}
  kubectl get slotjournals --all-namespaces -o yaml
  kubectl edit configmap -n kubernaut-system kubernaut-workflowexecution-config

The replicas write to
${logs.map((log) => `  ${log}`).join('\n')}
`;
}
