import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../test/cluster/control-plane.ts';
import { canI } from '../../../test/cluster/can-i.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';

let controlPlane: ControlPlane;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
});

afterAll(() => controlPlane?.stop());

describe("the controller's account", () => {
  it.each([
    'watch workflowexecutions.workflowexecution.kubernaut.io -A',
    'create workflowexecutions.workflowexecution.kubernaut.io -A',
    'patch workflowexecutions.workflowexecution.kubernaut.io --subresource=status -A',
    'patch aianalyses.aianalysis.kubernaut.io --subresource=status -A',
    'create aiapprovalrequests.aianalysis.kubernaut.io -A',
    'watch kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'create kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'update kubernetesexecutions.kubernetesexecution.kubernaut.io --subresource=status -A',
    'create events.events.k8s.io -A',
    'create serviceaccounts --subresource=token -A',
    'use serviceaccounts/any -n default',
    'watch configmaps/kubernaut-workflowexecution-config -n kubernaut-system',
    'create leases.coordination.k8s.io -n kubernaut-system',
    'update leases.coordination.k8s.io/stepgate-controller -n kubernaut-system',
    'watch leases.coordination.k8s.io/stepgate-controller -n kubernaut-system',
  ])('can %s', async (request) => {
    expect(await canI(controlPlane, 'controller', request)).toBe(true);
  });

  it.each([
    'patch workflowexecutions.workflowexecution.kubernaut.io -A',
    'approve workflowexecutions.workflowexecution.kubernaut.io -A',
    'update workflowexecutions.workflowexecution.kubernaut.io -A',
    'approve aiapprovalrequests.aianalysis.kubernaut.io -A',
    'patch aiapprovalrequests.aianalysis.kubernaut.io -A',
    'patch aianalyses.aianalysis.kubernaut.io -A',
    'delete workflowexecutions.workflowexecution.kubernaut.io -A',
    'patch kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'delete kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'update slotjournals.stepgate.kubernaut.io -A',
    'patch deployments.apps -A',
    'get secrets -A',
    'create pods -A',
    'impersonate serviceaccounts',
    'get configmaps/kubernaut-workflowexecution-config -n default',
    'update leases.coordination.k8s.io/of-others -n kubernaut-system',
    'create leases.coordination.k8s.io -n default',
  ])('cannot %s', async (request) => {
    expect(await canI(controlPlane, 'controller', request)).toBe(false);
  });
});
