import type { ExecutionBuilder } from '../../../builders/execution-builder.ts';
import type { Attempt } from '../attempt.ts';
import { type Ground, stepParameters } from '../ground.ts';

/** Borrows the approval of `approved` for an execution that also names `big`, which nobody approved. */
function borrow(attempt: string, shape: (execution: ExecutionBuilder) => ExecutionBuilder): Attempt {
  return {
    attempt: `borrow the approval of another workflow: ${attempt}`,
    user: 'developer',
    guard: 'one-workflow-each',
    async run(ground) {
      await ground.workflow();
      await ground.workflow((workflow) => workflow, 'approved');
      await ground.approve('approved');
      await ground.execute(shape);
    },
  };
}

const borrowed: readonly Attempt[] = [
  borrow('an owner reference to it, the label of the unapproved one', (execution) =>
    execution.ownedBy('approved'),
  ),
  borrow('a reference to it in the spec, the label of the unapproved one', (execution) =>
    execution.referringTo('approved'),
  ),
  borrow('its label, an annotation of the unapproved one', (execution) =>
    execution.of('approved').annotate('kubernaut.io/workflow', 'big'),
  ),
  borrow('an owner reference to it, a reference in the spec to the unapproved one', (execution) =>
    execution.of('approved').ownedBy('approved').referringTo('big'),
  ),
];

/** Creates what may be, and then changes what it is. */
function changed(
  guard: 'identity-policy' | 'spec-is-immutable',
  attempt: string,
  change: (ground: Ground) => Promise<unknown>,
): Attempt {
  return {
    attempt: `create an approved execution, and ${attempt}`,
    user: 'developer',
    guard,
    async run(ground) {
      await ground.workflow();
      await ground.workflow((workflow) => workflow, 'approved');
      await ground.approve('approved');
      const execution = ground.execution((each) => each.of('approved'));
      await ground.executions('developer').create(execution);
      await ground.tries(change(ground));
    },
    async succeeded(ground) {
      const [execution] = await ground.all();
      const { stepNumber, action, parameters, targetCluster, serviceAccountName } = execution?.spec ?? {};
      const content = JSON.stringify({ stepNumber, action, parameters, targetCluster, serviceAccountName });
      const approved = JSON.stringify({
        stepNumber: 1,
        action: 'scale_deployment',
        parameters: stepParameters,
      });
      return content !== approved || execution?.metadata.labels?.['workflow'] !== 'approved';
    },
  };
}

const patched = (patch: object) => (ground: Ground) =>
  ground.executions('developer').mergePatch('attempt', patch);

const changes: readonly Attempt[] = [
  changed(
    'identity-policy',
    'label it with an unapproved workflow',
    patched({ metadata: { labels: { workflow: 'big' } } }),
  ),
  changed('identity-policy', 'replace it with another label', async (ground) => {
    const [stored] = await ground.all();
    const { metadata, spec } = stored ?? ground.execution();
    const { apiVersion, kind } = ground.execution();
    const labels = { ...metadata.labels, workflow: 'big' };
    return ground
      .executions('developer')
      .replace({ apiVersion, kind, metadata: { ...metadata, labels }, spec });
  }),
  changed('identity-policy', 'change a parameter', patched({ spec: { parameters: { replicas: '0' } } })),
  changed('identity-policy', 'add a parameter, by server-side apply', ({ execution, executions }) => {
    const { apiVersion, kind, spec } = execution();
    const { stepNumber, action } = spec;
    const metadata = { name: 'attempt' };
    const parameters = { force: true };
    return executions('developer').apply({
      apiVersion,
      kind,
      metadata,
      spec: { stepNumber, action, parameters },
    });
  }),
  changed('spec-is-immutable', 'change its action', patched({ spec: { action: 'delete_namespace' } })),
  changed('spec-is-immutable', 'change its step number', patched({ spec: { stepNumber: 2 } })),
  changed(
    'spec-is-immutable',
    'send it to another cluster',
    patched({ spec: { targetCluster: 'production' } }),
  ),
  changed('spec-is-immutable', 'let it act as another account', ({ executions }) =>
    executions('developer').jsonPatch('attempt', [
      { op: 'add', path: '/spec/serviceAccountName', value: 'cluster-admin' },
    ]),
  ),
];

/** Everything that is tried by what an execution says of itself. */
export const identityAttempts: readonly Attempt[] = [...borrowed, ...changes];
