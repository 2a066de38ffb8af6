import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { startInstalledCluster, type InstalledCluster } from '../cluster/installed-cluster.ts';

let cluster: InstalledCluster;

beforeAll(async () => {
  cluster = await startInstalledCluster({ replicas: 1, controllerManager: false });
});

afterAll(async () => {
  await cluster?.stop();
});

async function kubectl(verb: string, object: object) {
  return cluster.controlPlane.kubectl([verb, '-f', '-'], { input: JSON.stringify(object) });
}

describe('a workflow whose steps depend on each other', () => {
  it('in an order is accepted, in both shapes', async () => {
    expect((await kubectl('create', makeWorkflow('chain').chain(4).build())).stderr).toBe('');
    expect(
      (await kubectl('create', makeWorkflow('chain-defined').chain(4).asDefinition().build())).stderr,
    ).toBe('');
  });

  it('in a circle is refused with the path of the circle', async () => {
    const circle = { stepNumber: 3, dependencies: ['1'] };
    const workflow = makeWorkflow('circle')
      .step({ stepNumber: 1, dependencies: ['3'] })
      .step(circle)
      .build();
    const { exitCode, stderr } = await kubectl('create', workflow);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The WorkflowExecution "circle" is invalid: spec.steps[0].dependencies:');
    expect(stderr).toContain('1 → 3 → 1');
  });

  it('on a step that does not exist is refused, with the field', async () => {
    const { stderr } = await kubectl(
      'create',
      makeWorkflow('unknown')
        .step({ stepNumber: 1, dependencies: ['build'] })
        .build(),
    );
    expect(stderr).toContain(
      'spec.steps[0].dependencies: Step 1 depends on step "build", which does not exist.',
    );
  });

  it('is refused when an edit closes a circle, and may be labelled and deleted while the webhook is away', async () => {
    const workflow = makeWorkflow('edited')
      .step({ stepNumber: 1 })
      .step({ stepNumber: 2, dependencies: ['1'] })
      .build();
    await kubectl('create', workflow);
    const closed = makeWorkflow('edited')
      .step({ stepNumber: 1, dependencies: ['2'] })
      .step({ stepNumber: 2, dependencies: ['1'] })
      .build();
    expect((await kubectl('replace', closed)).stderr).toContain('1 → 2 → 1');
    await cluster.replicas[0]?.child.kill();
    const label = await cluster.controlPlane.kubectl(['label', 'workflowexecution', 'edited', 'a=b']);
    expect(label).toMatchObject({ exitCode: 0 });
    expect(await cluster.controlPlane.kubectl(['delete', 'workflowexecution', 'edited'])).toMatchObject({
      exitCode: 0,
    });
  });
});
