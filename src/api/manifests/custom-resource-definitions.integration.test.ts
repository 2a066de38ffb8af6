import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecution } from '../../../test/builders/execution-builder.ts';
import { makeWorkflow } from '../../../test/builders/workflow-builder.ts';
import type { ControlPlane } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import type { KindClient } from '../../../test/cluster/kind-client.ts';
import { kindClient } from '../../../test/cluster/kind-client.ts';
import type { KubeClient } from '../../kube/kube-client.ts';
import { createKubeClient } from '../../kube/kube-client.ts';
import { resourcePath } from '../../kube/resource-path.ts';
import type { KubernetesExecution } from '../kubernetes-execution.ts';
import { kubernetesExecutionKind, slotJournalKind, workflowExecutionKind } from '../names.ts';
import { activeExecutionFieldSelector } from '../phase.ts';
import type { WorkflowExecution } from '../workflow-execution.ts';

let controlPlane: ControlPlane;
let client: KubeClient;
let workflows: KindClient;
let executions: KindClient;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
  client = createKubeClient(controlPlane.kubeConfig());
  workflows = kindClient(client, workflowExecutionKind, 'default');
  executions = kindClient(client, kubernetesExecutionKind, 'default');
});

afterAll(async () => {
  client?.close();
  await controlPlane?.stop();
});

const refused = (code: number, message: RegExp) => ({
  status: { code, message: expect.stringMatching(message) as string },
});

describe('the CRDs', () => {
  it.each([workflowExecutionKind, kubernetesExecutionKind, slotJournalKind])(
    'are accepted without a complaint: $kind',
    async ({ plural, group }) => {
      interface Definition {
        readonly status: {
          readonly conditions: readonly { readonly type: string; readonly status: string }[];
        };
      }
      const definitions = {
        group: 'apiextensions.k8s.io',
        version: 'v1',
        plural: 'customresourcedefinitions',
      };
      const path = resourcePath(definitions, { name: `${plural}.${group}` });
      const { status } = await client.request<Definition>({ method: 'GET', path });
      expect(status.conditions.map(({ type, status }) => `${type}=${status}`).sort()).toEqual([
        'Established=True',
        'NamesAccepted=True',
      ]);
    },
  );

  it('print what a person looks for', async () => {
    await workflows.create(makeWorkflow('printed').steps(2).build());
    await workflows.mergePatch(
      'printed',
      { status: { phase: 'executing', activeSteps: 5, queuedSteps: 3 } },
      'status',
    );
    await executions.create(makeExecution('printed-step-7').of('printed').step(7).build());
    const print = async (shortName: string, name: string) =>
      (await controlPlane.kubectl(['get', shortName, name])).stdout.replaceAll(/ +/g, ' ');
    expect(await print('wfe', 'printed')).toMatch(
      /^NAME PHASE STEPS NEEDS-APPROVAL ACTIVE QUEUED DECIDED-BY APPROVED AGE\nprinted executing 5 3 \d+s\n$/,
    );
    expect(await print('ke', 'printed-step-7')).toMatch(
      /^NAME WORKFLOW STEP ACTION PHASE AGE\nprinted-step-7 printed 7 scale_deployment \d+s\n$/,
    );
  });
});

describe('a WorkflowExecution on a real API server', () => {
  const both = makeWorkflow('both').chain(2).asDefinition().withSpec({ steps: [] });

  it.each([
    ["the plan's shape", makeWorkflow('plan').chain(3)],
    ["kubernaut's shape", makeWorkflow('definition').chain(3).asDefinition()],
  ])('is accepted in %s', async (_, builder) => {
    const sent = builder.build();
    expect(await workflows.create(sent)).toMatchObject({ spec: sent.spec });
  });

  it.each([
    ['neither shape', makeWorkflow('neither').build().metadata, {}],
    ['both shapes', both.build().metadata, both.build().spec],
  ])('is refused in %s', async (_, metadata, spec) => {
    await expect(workflows.create({ ...both.build(), metadata, spec })).rejects.toMatchObject(
      refused(422, /exactly one of spec\.steps and spec\.workflowDefinition must be given/),
    );
  });

  it('cannot come to have both shapes, or neither', async () => {
    await workflows.create(makeWorkflow('reshaped').step().build());
    for (const spec of [{ workflowDefinition: { steps: [] } }, { steps: null }]) {
      await expect(workflows.mergePatch('reshaped', { spec })).rejects.toMatchObject(
        refused(422, /exactly one of/),
      );
    }
    await workflows.mergePatch('reshaped', { spec: { steps: null, workflowDefinition: { steps: [] } } });
  });

  it('is refused without a spec', async () => {
    const { spec: _, ...rest } = makeWorkflow('nothing').build();
    await expect(workflows.create(rest)).rejects.toMatchObject(refused(422, /spec: Required value/));
  });

  it("keeps kubernaut's other fields and any parameters, null included", async () => {
    const foreign = { remediationRequestRef: { name: 'r' }, executionStrategy: { dryRunFirst: true } };
    const parameters = {
      a: 'b',
      n: 3.5,
      none: null,
      list: [1, { deep: [true] }],
      scaleDeployment: { replicas: 3 },
    };
    const sent = makeWorkflow('foreign').step({ parameters }).asDefinition().withSpec(foreign).build();
    const stored = await workflows.create<WorkflowExecution>(sent);
    expect(stored.spec).toEqual(sent.spec);
    const status = { phase: 'executing', currentStep: 1, executionPlan: { strategy: 'parallel' } };
    expect(await workflows.mergePatch('foreign', { status }, 'status')).toMatchObject({ status });
  });

  it('has up to 1,000 steps', async () => {
    await workflows.create(makeWorkflow('thousand').chain(1_000).build());
    await workflows.create(makeWorkflow('thousand-defined').chain(1_000).asDefinition().build());
    await expect(workflows.create(makeWorkflow('more').steps(1_001).build())).rejects.toMatchObject(
      refused(422, /spec\.steps: Too many: 1001: must have at most 1000 items/),
    );
  });

  it('can still report every one of 1,000 steps', async () => {
    await workflows.create(makeWorkflow('reported').chain(1_000).build());
    const stepStatuses = Array.from({ length: 1_000 }, (_, index) => ({
      stepNumber: index + 1,
      phase: 'completed',
      execution: `reported-step-${index + 1}`,
      message: 'x'.repeat(100),
    }));
    // What became of its steps is the controller's to write.
    const controller = createKubeClient(controlPlane.kubeConfig('controller'));
    try {
      const ours = kindClient(controller, workflowExecutionKind, 'default');
      await ours.mergePatch('reported', { status: { phase: 'executing', stepStatuses } }, 'status');
    } finally {
      controller.close();
    }
    expect(await workflows.get('reported')).toMatchObject({ status: { stepStatuses } });
  });

  it('has up to 100 dependencies a step', async () => {
    const dependencies = Array.from({ length: 101 }, (_, index) => String(index + 1));
    const depending = (name: string, count: number) =>
      makeWorkflow(name)
        .steps(101)
        .step({ dependencies: dependencies.slice(0, count) });
    await workflows.create(depending('hundred', 100).build());
    await expect(workflows.create(depending('too-many', 101).build())).rejects.toMatchObject(
      refused(422, /spec\.steps\[101\]\.dependencies: Too many: 101/),
    );
    await expect(workflows.create(depending('too-many', 101).asDefinition().build())).rejects.toMatchObject(
      refused(422, /spec\.workflowDefinition\.steps\[101\]\.dependsOn: Too many: 101/),
    );
  });

  it('cannot have a step number twice', async () => {
    const doubled = makeWorkflow('doubled').step().step({ stepNumber: 1 });
    await expect(workflows.create(doubled.build())).rejects.toMatchObject(
      refused(422, /spec\.steps\[1\]: Duplicate value: .*stepNumber/),
    );
  });

  it('cannot have a misspelt field in a step', async () => {
    const misspelt = makeWorkflow('misspelt').step({ dependson: ['1'] } as object);
    await expect(workflows.create(misspelt.build(), { fieldValidation: 'Strict' })).rejects.toMatchObject(
      refused(400, /unknown field "spec\.steps\[0\]\.dependson"/),
    );
  });

  it('has no phase that nobody knows', async () => {
    await workflows.create(makeWorkflow('phased').step().build());
    await expect(
      workflows.mergePatch('phased', { status: { phase: 'done' } }, 'status'),
    ).rejects.toMatchObject(refused(422, /status\.phase: Unsupported value: "done"/));
  });
});

describe('a KubernetesExecution on a real API server', () => {
  it('may have a name of 253 characters', async () => {
    const [name, workflow] = ['x'.repeat(253), 'w'.repeat(253)];
    await workflows.create(makeWorkflow(workflow).step().build());
    const sent = makeExecution(name).of(workflow).referringTo(workflow).build();
    expect(await executions.create<KubernetesExecution>(sent)).toMatchObject({
      metadata: { name, annotations: { 'kubernaut.io/workflow': workflow } },
    });
  });

  it("takes kubernaut's whole reference, and an empty one", async () => {
    const workflowExecutionRef = {
      apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
      kind: 'WorkflowExecution',
      name: 'w',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
    };
    const sent = makeExecution('referring').withSpec({ workflowExecutionRef }).build();
    const strict = { fieldValidation: 'Strict' };
    expect(await executions.create(sent, strict)).toMatchObject({ spec: { workflowExecutionRef } });
    await executions.create(makeExecution('empty').withSpec({ workflowExecutionRef: {} }).build(), strict);
  });

  it('is born without a status, whatever the create says', async () => {
    const sent = makeExecution('premature').phase('completed').build();
    expect(await executions.create(sent)).not.toHaveProperty('status');
  });

  it('disappears from the watch of active executions when it settles', async () => {
    const stream = await client.stream({
      method: 'GET',
      path: resourcePath(kubernetesExecutionKind, { namespace: 'default' }),
      query: { watch: 'true', fieldSelector: `${activeExecutionFieldSelector},metadata.name=watched` },
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    });
    const events = eventsOf(stream);
    await executions.create(makeExecution('watched').of('w').build());
    expect(await events.next()).toMatchObject({
      value: {
        type: 'ADDED',
        object: { kind: 'PartialObjectMetadata', metadata: { labels: { workflow: 'w' } } },
      },
    });
    await executions.mergePatch('watched', { status: { phase: 'executing' } }, 'status');
    expect(await events.next()).toMatchObject({ value: { type: 'MODIFIED' } });
    await executions.mergePatch('watched', { status: { phase: 'rollback_ready' } }, 'status');
    expect(await events.next()).toMatchObject({ value: { type: 'DELETED' } });
    await events.return(undefined);
  });
});

/** The events of a watch, one JSON text a line. */
async function* eventsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as unknown;
  }
}
