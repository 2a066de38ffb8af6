import { describe, expect, it } from 'vitest';
import { workflowAnnotation } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { makeExecution, type ExecutionBuilder } from '../../test/builders/execution-builder.ts';
import { isMarked, observeExecution, shrinkExecution } from './observed-execution.ts';

const longName = 'w'.repeat(64);

/** As a watch of metadata shows it. */
function stored(execution: ExecutionBuilder): KubeObject {
  const { metadata } = execution.inNamespace('shop').uid('uid-1').build();
  return { metadata: { ...metadata, resourceVersion: '7' } as KubeObject['metadata'] };
}

describe('an execution as its metadata shows it', () => {
  it.each([
    ['the label', makeExecution('step').of('restart'), 'restart'],
    ['the annotation', makeExecution('step').of(longName), longName],
    ['a controller', makeExecution('step').ownedBy('restart'), 'restart'],
    ['the label before a controller', makeExecution('step').of('restart').ownedBy('other'), 'restart'],
    [
      'the annotation, the label being empty',
      makeExecution('step').label('workflow', '').of(longName),
      longName,
    ],
    ['nothing', makeExecution('step').referringTo('restart'), undefined],
    [
      'nothing: an owner that is no controller',
      makeExecution('step').ownedBy('restart', 'uid', false),
      undefined,
    ],
  ])('knows its workflow by %s', (_, execution, workflow) => {
    const observed = { namespace: 'shop', name: 'step', uid: 'uid-1', resourceVersion: '7', workflow };
    expect(observeExecution(stored(execution))).toEqual(observed);
    expect(observeExecution(shrinkExecution(stored(execution)))).toEqual(observed);
  });

  it('knows no workflow by an owner of another group', () => {
    const { metadata } = stored(makeExecution('step'));
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'WorkflowExecution',
      name: 'restart',
      uid: 'uid-2',
      controller: true,
    };
    expect(
      observeExecution({ metadata: { ...metadata, ownerReferences: [owner] } }).workflow,
    ).toBeUndefined();
  });

  it.each([
    ['the label', makeExecution('step').of('restart'), true],
    ['the annotation', makeExecution('step').annotate(workflowAnnotation, 'restart'), true],
    ['an owner alone, who may be removed', makeExecution('step').ownedBy('restart'), false],
    ['an empty label', makeExecution('step').label('workflow', ''), false],
  ])('is marked, or not, by %s', (_, execution, marked) => {
    expect(isMarked(stored(execution))).toBe(marked);
  });

  it('is kept without whatever nobody reads', () => {
    const { metadata } = stored(makeExecution('step').of('restart').ownedBy('restart').label('team', 'shop'));
    const managedFields = [{ manager: 'kubectl' }];
    const kept = shrinkExecution({ metadata: { ...metadata, managedFields } });
    expect(kept).toEqual({
      metadata: {
        namespace: 'shop',
        name: 'step',
        uid: 'uid-1',
        resourceVersion: '7',
        labels: { workflow: 'restart' },
      },
    });
  });
});
