import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanStep, WorkflowExecutionSpec } from '../../api/workflow-execution.ts';
import { canonicalSpec } from './canonical-spec.ts';

const step: PlanStep = {
  stepNumber: 2,
  name: 'scale',
  action: 'scale_deployment',
  parameters: { namespace: 'shop', replicas: 3, labels: { tier: 'web', app: 'shop' } },
  targetCluster: 'east',
  criticalStep: true,
  maxRetries: 2,
  timeout: '5m',
  dependencies: ['1'],
  rollbackSpec: { action: 'scale_deployment', parameters: { replicas: 2 }, timeout: '1m' },
};
const first: PlanStep = { stepNumber: 1, name: 'drain', action: 'drain_node' };
const last: PlanStep = { stepNumber: 3, action: 'notify', dependencies: ['2', '1'] };

/** The same spec with its second step changed. */
function specWith(
  change: Partial<PlanStep> = {},
  fields: Record<string, unknown> = {},
): WorkflowExecutionSpec {
  return { steps: [first, { ...step, ...change }, last], serviceAccountName: 'healer', ...fields };
}

const approved = canonicalSpec(specWith());

describe('what is approved stays the same', () => {
  it.each<[string, WorkflowExecutionSpec]>([
    ['when the steps are listed in another order', specWith({}, { steps: [last, step, first] })],
    [
      'when dependencies are listed in another order',
      specWith({}, { steps: [first, step, { ...last, dependencies: ['1', '2'] }] }),
    ],
    ['when a dependency is given twice', specWith({ dependencies: ['1', '1'] })],
    ['when a dependency is given by the name of its step', specWith({ dependencies: ['drain'] })],
    [
      'when a default is written out',
      specWith(
        {},
        {
          steps: [
            { ...first, criticalStep: false, maxRetries: 0, parameters: {}, timeout: '0s' },
            step,
            last,
          ],
        },
      ),
    ],
    ['when a duration is written in another way', specWith({ timeout: '300s' })],
    [
      'when keys of parameters are in another order',
      specWith({ parameters: { labels: { app: 'shop', tier: 'web' }, replicas: 3, namespace: 'shop' } }),
    ],
    ['when the workflow is paused, which changes only when', specWith({}, { paused: true })],
    ['when it is resumed', specWith({}, { paused: false })],
    [
      'when it is written in the shape of a definition',
      {
        workflowDefinition: {
          steps: [first, step, last].map(({ dependencies = [], ...rest }) => ({
            ...rest,
            dependsOn: dependencies.map(Number),
          })),
        },
        serviceAccountName: 'healer',
      },
    ],
  ])('%s', (_, spec) => {
    expect(canonicalSpec(spec)).toBe(approved);
  });

  it('however the keys of the whole spec are ordered', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer()), (random) => {
        expect(canonicalSpec(shuffled(specWith(), random) as WorkflowExecutionSpec)).toBe(approved);
      }),
    );
  });

  it('in a documented format: who changes it voids every approval', () => {
    expect(
      canonicalSpec({ steps: [{ stepNumber: 1, action: 'a', parameters: { b: 1, a: '2' } }], extra: true }),
    ).toBe(
      '{"definition":{},"rest":{"extra":true},"steps":[{"action":"a","criticalStep":false,"dependencies":[],' +
        '"maxRetries":0,"parameters":{"a":"2","b":1},"stepNumber":1,"unknownDependencies":[]}],"version":1}',
    );
  });
});

describe('what is approved is something else', () => {
  const { rollbackSpec: _rollback, ...withoutRollback } = step;
  const rollback = { action: 'scale_deployment', parameters: { replicas: 2 }, timeout: '1m' };
  it.each<[string, WorkflowExecutionSpec]>([
    ['with another action', specWith({ action: 'delete_pod' })],
    ['with another parameter', specWith({ parameters: { ...step.parameters, replicas: 4 } })],
    ['with one parameter more', specWith({ parameters: { ...step.parameters, force: true } })],
    ['with one parameter fewer', specWith({ parameters: { namespace: 'shop', replicas: 3 } })],
    ['with a number for a text', specWith({ parameters: { ...step.parameters, replicas: '3' } })],
    ['with null for a parameter', specWith({ parameters: { ...step.parameters, replicas: null } })],
    ['without its dependency', specWith({ dependencies: [] })],
    ['with another dependency', specWith({ dependencies: ['3'] })],
    ['with a dependency that no step has', specWith({ dependencies: ['1', 'unknown'] })],
    ['when a step is critical no more', specWith({ criticalStep: false })],
    ['with another timeout', specWith({ timeout: '6m' })],
    ['with other retries', specWith({ maxRetries: 3 })],
    ['on another cluster', specWith({ targetCluster: 'west' })],
    ['with another name of a step', specWith({ name: 'grow' })],
    ['with another number of a step', specWith({ stepNumber: 4 })],
    ['without its rollback', specWith({}, { steps: [first, withoutRollback, last] })],
    ['with another action of a rollback', specWith({ rollbackSpec: { ...rollback, action: 'delete_pod' } })],
    [
      'with other parameters of a rollback',
      specWith({ rollbackSpec: { ...rollback, parameters: { replicas: 1 } } }),
    ],
    ['with another timeout of a rollback', specWith({ rollbackSpec: { ...rollback, timeout: '2m' } })],
    ['with one step more', specWith({}, { steps: [first, step, last, { stepNumber: 4, action: 'a' }] })],
    ['with one step fewer', specWith({}, { steps: [first, step] })],
    ['as another ServiceAccount', specWith({}, { serviceAccountName: 'admin' })],
    ['with a field that stepgate does not know', specWith({}, { executionStrategy: { dryRunFirst: false } })],
    [
      'with a field of the definition that stepgate does not know',
      {
        workflowDefinition: {
          steps: [first, { ...step, dependsOn: [1] }, { ...last, dependsOn: [1, 2] }].map(
            ({ dependencies: _names, ...rest }: PlanStep) => rest,
          ),
          rollbackStrategy: 'none',
        },
        serviceAccountName: 'healer',
      },
    ],
  ])('%s', (_, spec) => {
    expect(canonicalSpec(spec)).not.toBe(approved);
  });

  it('for any two parameters that differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other) && !isReordered(one, other));
        const [left, right] = [one, other].map((value) => canonicalSpec(specWith({ parameters: { value } })));
        expect(left).not.toBe(right);
      }),
    );
  });
});

function isReordered(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
}

/** The value with the keys of every object in an order that the stream tells; lists of steps too. */
function shuffled(value: unknown, random: fc.Stream<number>, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => shuffled(item, random));
    return key === 'steps' || key === 'dependencies' ? inOrder(items, random) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([name, member]) => [name, shuffled(member, random, name)] as const,
  );
  return Object.fromEntries(inOrder(entries, random));
}

function inOrder<Item>(items: readonly Item[], random: fc.Stream<number>): Item[] {
  const keys = [...random.take(items.length)];
  return items
    .map((item, index) => ({ item, at: keys[index] ?? 0 }))
    .toSorted((left, right) => left.at - right.at)
    .map(({ item }) => item);
}
