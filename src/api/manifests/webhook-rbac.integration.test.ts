import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { canI } from '../../../test/cluster/can-i.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';

let controlPlane: ControlPlane;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
});

afterAll(() => controlPlane?.stop());

describe("the webhook's account", () => {
  it.each([
    'list kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'watch kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'patch kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'get workflowexecutions.workflowexecution.kubernaut.io -A',
    'create slotjournals.stepgate.kubernaut.io -A',
    'update slotjournals.stepgate.kubernaut.io -A',
    'create events.events.k8s.io -A',
    'get customresourcedefinitions/kubernetesexecutions.kubernetesexecution.kubernaut.io',
    'get validatingwebhookconfigurations/stepgate',
    'watch configmaps/kubernaut-workflowexecution-config -n kubernaut-system',
  ])('can %s', async (request) => {
    expect(await canI(controlPlane, 'webhook', request)).toBe(true);
  });

  it.each([
    'create kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'delete kubernetesexecutions.kubernetesexecution.kubernaut.io -A',
    'patch kubernetesexecutions.kubernetesexecution.kubernaut.io --subresource=status -A',
    'patch workflowexecutions.workflowexecution.kubernaut.io -A',
    'delete slotjournals.stepgate.kubernaut.io -A',
    'get customresourcedefinitions/of-others',
    'patch customresourcedefinitions/kubernetesexecutions.kubernetesexecution.kubernaut.io',
    'patch validatingwebhookconfigurations/stepgate',
    'update validatingwebhookconfigurations/stepgate',
    'patch mutatingwebhookconfigurations/stepgate',
    'delete mutatingwebhookconfigurations/stepgate',
    'create validatingwebhookconfigurations',
    'patch validatingadmissionpolicies.admissionregistration.k8s.io',
    'get secrets/stepgate-webhook-certificates -n kubernaut-system',
    'get secrets/stepgate-admission-path -n kubernaut-system',
    'list secrets -n kubernaut-system',
    'create secrets -n kubernaut-system',
    'get configmaps/kubernaut-workflowexecution-config -n default',
    'impersonate users',
  ])('cannot %s', async (request) => {
    expect(await canI(controlPlane, 'webhook', request)).toBe(false);
  });
});
