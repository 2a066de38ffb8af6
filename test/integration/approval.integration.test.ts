import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecution } from '../builders/execution-builder.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import type { UserName } from '../cluster/control-plane.ts';
import { startInstalledCluster, type InstalledCluster } from '../cluster/installed-cluster.ts';

let cluster: InstalledCluster;

const rights = [
  ['developer', ['get', 'list', 'create', 'update', 'patch', 'delete']],
  ['approver', ['get', 'list', 'patch', 'approve']],
] as const;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  for (const [user, verbs] of rights) {
    const flags = [
      '--resource=workflowexecutions.workflowexecution.kubernaut.io',
      '--resource=kubernetesexecutions.kubernetesexecution.kubernaut.io',
      '--resource=kubernetesexecutions.kubernetesexecution.kubernaut.io/status',
    ];
    await kubectl(['create', 'clusterrole', user, `--verb=${verbs.join(',')}`, ...flags]);
    await kubectl(['create', 'clusterrolebinding', user, `--clusterrole=${user}`, `--user=${user}`]);
  }
});

afterAll(async () => {
  await cluster?.stop();
});

async function kubectl(args: readonly string[], user: UserName = 'admin', input?: object) {
  return cluster.controlPlane.kubectl(args, {
    user,
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
  });
}

async function workflow(name: string, steps: number): Promise<void> {
  const { stderr } = await kubectl(
    ['create', '-f', '-'],
    'developer',
    makeWorkflow(name).steps(steps).build(),
  );
  expect(stderr).toBe('');
}

async function annotationsOf(name: string): Promise<Record<string, string>> {
  const { stdout } = await kubectl([
    'get',
    'workflowexecution',
    name,
    '-o',
    'jsonpath={.metadata.annotations}',
  ]);
  return JSON.parse(stdout) as Record<string, string>;
}

function decide(name: string, value: string, user: UserName) {
  return kubectl(
    ['annotate', 'workflowexecution', name, '--overwrite', `kubernaut.io/approved=${value}`],
    user,
  );
}

/** A step as the workflow has it. */
function stepOf(workflow: string, number: number, name = `${workflow}-step-${number}`) {
  return makeExecution(name)
    .of(workflow)
    .step(number)
    .withSpec({ parameters: { replicas: '3' } });
}

function create(object: object) {
  return kubectl(['create', '-f', '-'], 'developer', object);
}

describe('BR-WF-169: a workflow of ten steps', () => {
  it('needs no approval and runs', async () => {
    await workflow('small', 10);
    expect(await annotationsOf('small')).toEqual({
      'kubernaut.io/approval-installation': expect.any(String) as string,
      'kubernaut.io/approval-threshold': '10',
      'kubernaut.io/authors': '["developer"]',
      'kubernaut.io/created-by': 'developer',
      'kubernaut.io/step-count': '10',
    });
    expect(await create(stepOf('small', 1).build())).toMatchObject({ exitCode: 0 });
  });
});

describe('BR-WF-169: a workflow of more than ten steps', () => {
  it('runs nothing until somebody with the right approves it, and then its steps', async () => {
    await workflow('big', 12);
    expect(await annotationsOf('big')).toMatchObject({
      'kubernaut.io/approval-required': 'true',
      'kubernaut.io/step-count': '12',
    });
    const refused = await create(stepOf('big', 1).build());
    expect(refused.stderr).toContain('Forbidden');
    const hash = /kubernaut\.io\/approved=(sha256:[0-9a-f]{64})/.exec(refused.stderr)?.[1] ?? '';
    expect(hash).not.toBe('');

    expect((await decide('big', hash, 'developer')).stderr).toContain('developer may not decide');
    expect((await decide('big', hash, 'approver')).stderr).toBe('');
    expect(await annotationsOf('big')).toMatchObject({
      'kubernaut.io/approved': hash,
      'kubernaut.io/approved-by': 'approver',
      'kubernaut.io/approved-spec': hash,
    });
    expect(await create(stepOf('big', 1).build())).toMatchObject({ exitCode: 0 });
  });

  it('lets nothing run that is not one of its steps, nor a step twice', async () => {
    await workflow('exact', 12);
    await decide('exact', 'true', 'approver');
    const other = stepOf('exact', 1, 'exact-other').withSpec({ action: 'delete_pod' }).build();
    expect((await create(other)).stderr).toContain('action of step 1 is "delete_pod", approved was');
    const otherParameters = stepOf('exact', 1, 'exact-more')
      .withSpec({ parameters: { replicas: '4' } })
      .build();
    expect((await create(otherParameters)).stderr).toContain('parameters of step 1 is {"replicas":"4"}');
    expect((await create(makeExecution('exact-13').of('exact').step(13).build())).stderr).toContain(
      'no step 13',
    );
    expect(await create(stepOf('exact', 1).build())).toMatchObject({ exitCode: 0 });
    const again = stepOf('exact', 1, 'exact-again').build();
    expect((await create(again)).stderr).toContain('Step 1 is being done by execution "exact-step-1"');
  });

  it('admits one of many creates of a step at once, through both replicas', async () => {
    await workflow('once', 12);
    await decide('once', 'true', 'approver');
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) => create(stepOf('once', 2, `once-${index}`).build())),
    );
    expect(results.filter((result) => result.exitCode === 0)).toHaveLength(1);
  });

  it('loses its approval when its spec is edited, and says so', async () => {
    await workflow('edited', 12);
    await decide('edited', 'true', 'approver');
    const edited = await kubectl(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      'developer',
      makeWorkflow('edited').steps(13).build(),
    );
    expect(edited.stderr).toContain('approval is void');
    expect(await annotationsOf('edited')).not.toHaveProperty(['kubernaut.io/approved']);
    expect((await create(stepOf('edited', 1).build())).stderr).toContain('until it is approved');
  });

  it('stays rejected', async () => {
    await workflow('rejected', 12);
    expect((await decide('rejected', 'false', 'approver')).stderr).toBe('');
    expect((await create(stepOf('rejected', 1).build())).stderr).toContain('was rejected');
    expect((await decide('rejected', 'true', 'approver')).stderr).toContain('final for this spec');
  });

  it('is not approved by a stale hash, a typo, or stamps that a user writes', async () => {
    await workflow('guarded', 12);
    expect((await decide('guarded', `sha256:${'0'.repeat(64)}`, 'approver')).stderr).toContain(
      'no longer the one',
    );
    expect((await decide('guarded', 'yes', 'approver')).stderr).toContain('takes true, false or the hash');
    const forged = await kubectl(
      ['annotate', 'workflowexecution', 'guarded', 'kubernaut.io/approved-by=approver'],
      'developer',
    );
    expect(forged.stderr).toContain('written by stepgate alone');
    const dropped = await kubectl(
      ['annotate', 'workflowexecution', 'guarded', 'kubernaut.io/step-count-'],
      'developer',
    );
    expect(dropped.exitCode).toBe(0);
    expect(await annotationsOf('guarded')).toHaveProperty(['kubernaut.io/step-count'], '12');
  });

  it('takes no approval over from the manifest that creates it', async () => {
    const manifest = makeWorkflow('brought').steps(12).annotate('kubernaut.io/approved', 'true').build();
    expect((await create(manifest)).stderr).toContain('not taken over from a create');
    expect(await annotationsOf('brought')).not.toHaveProperty(['kubernaut.io/approved']);
  });
});
