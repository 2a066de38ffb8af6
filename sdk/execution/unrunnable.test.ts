import { expect, test } from 'vitest';
import { z } from 'zod';
import { createActionRegistry } from '../../src/plugin/action-registry.ts';
import { unrunnable } from './unrunnable.ts';

const run = async (): Promise<void> => {};
const actions = ['scale_deployment', 'restart'].map((name) => ({ name, parameters: z.unknown(), run }));
const registry = createActionRegistry([{ name: 'test', actions }]);
const metadata = { name: 'x', uid: 'uid', resourceVersion: '1' };

test.each([
  ['what is known can be run', { stepNumber: 1, action: 'restart' }, undefined],
  ['for this cluster too', { stepNumber: 1, action: 'restart', targetCluster: 'east' }, undefined],
  ['an empty cluster is this one', { stepNumber: 1, action: 'restart', targetCluster: '' }, undefined],
  ['for another one not', { stepNumber: 1, action: 'restart', targetCluster: 'west' }, 'its names are east'],
  ['a typo is guessed', { stepNumber: 1, action: 'scale_deploymnt' }, 'Did you mean scale_deployment? Known'],
  [
    'an unknown one is told the known ones',
    { stepNumber: 1, action: 'fly' },
    'Known actions: restart, scale_deployment.',
  ],
  ['without a spec', undefined, 'The execution cannot be read:\nspec'],
  ['with a spec of another version', { stepNumber: 'one', action: 'restart' }, 'spec.stepNumber'],
])('%s', (_, spec, message) => {
  const answer = unrunnable({ metadata, spec: spec as never }, registry, ['east']);
  expect(answer ?? 'can be run').toContain(message ?? 'can be run');
});
