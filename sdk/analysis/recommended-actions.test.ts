import { expect, it } from 'vitest';
import { z } from 'zod';
import { createActionRegistry } from '../../src/plugin/action-registry.ts';
import { defineAction } from '../../src/plugin/action.ts';
import { definePlugin } from '../../src/plugin/plugin.ts';
import { recommendedActions } from './recommended-actions.ts';

const nothing = async (): Promise<void> => undefined;
const registry = createActionRegistry([
  definePlugin({
    name: 'test',
    actions: [
      defineAction({ name: 'plain', parameters: z.strictObject({ size: z.int() }), run: nothing }),
      defineAction({
        name: 'placed',
        parameters: z.object({ namespace: z.string().optional() }),
        run: nothing,
      }),
      defineAction({ name: 'either', parameters: z.union([z.string(), z.number()]), run: nothing }),
      defineAction({
        name: 'broken',
        parameters: z.object({}).refine(() => {
          throw new Error('a bug');
        }),
        run: nothing,
      }),
    ],
  }),
]);

function faults(action: string, parameters: Record<string, unknown>, unknown: 'fail' | 'ignore' = 'fail') {
  const step = {
    stepNumber: 1,
    action,
    parameters,
    dependencies: [],
    unknownDependencies: [],
    criticalStep: false,
    maxRetries: 0,
  };
  return recommendedActions(registry, unknown).faultsOf([step]);
}

it('finds parameters that do not fit, where they stand in the analysis', () => {
  expect(faults('plain', { size: 1 })).toEqual([]);
  expect(faults('plain', { size: 'big' })).toMatchObject([
    { reason: 'ParametersInvalid', field: 'status.recommendations[0].parameters.size' },
  ]);
});

it('names the actions there are where one is unknown, unless another controller may have it', () => {
  expect(faults('other', {})).toEqual([
    {
      reason: 'ActionUnknown',
      field: 'status.recommendations[0].action',
      message: 'There is no action "other"; there are broken, either, placed, plain.',
    },
  ]);
  expect(faults('other', {}, 'ignore')).toEqual([]);
});

it('takes what a schema throws for a fault of the analysis', () => {
  expect(faults('broken', {})).toMatchObject([
    { reason: 'ParametersInvalid', message: expect.stringContaining('a bug') },
  ]);
});

it('knows which action takes a namespace', () => {
  const actions = recommendedActions(registry, 'fail');
  expect(['placed', 'plain', 'either', 'other'].filter((action) => actions.takesNamespace(action))).toEqual([
    'placed',
  ]);
});
