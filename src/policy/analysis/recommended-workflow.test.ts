import { describe, expect, it } from 'vitest';
import type { Recommendation } from '../../api/ai-analysis.ts';
import { maxRecommendations, recommendedWorkflow } from './recommended-workflow.ts';

const base: Recommendation = { id: 'a', action: 'scale_deployment', parameters: { replicas: 3 } };

function made(
  recommendations: readonly Recommendation[],
  spec = {},
  takesNamespace = (_action: string) => false,
) {
  const analysis = { spec, status: { recommendations: [...recommendations] } };
  return recommendedWorkflow({ analysis, takesNamespace });
}

describe('the workflow of an analysis', () => {
  it('has a step for each recommendation, in their order, with dependencies by number', () => {
    const recommendations = [
      { ...base, id: '2' },
      { id: 'b', action: 'cordon_node', dependencies: ['2', '2'], explanation: 'why', model: 'x' },
    ];
    expect(made(recommendations, { serviceAccountName: 'fixer' })).toMatchObject({
      spec: {
        steps: [
          { stepNumber: 1, name: '2', action: 'scale_deployment', parameters: { replicas: 3 } },
          // The id "2" is not the number of a step.
          { stepNumber: 2, name: 'b', action: 'cordon_node', dependencies: ['1'] },
        ],
        serviceAccountName: 'fixer',
      },
      specHash: expect.stringMatching(/^sha256:/),
      steps: [{ dependencies: [] }, { dependencies: [1] }],
    });
  });

  it('works on the target namespace where an action takes one and a recommendation names none', () => {
    const recommendations = [
      base,
      { ...base, id: 'b', parameters: { namespace: 'own' } },
      { ...base, id: 'c', action: 'cordon_node' },
    ];
    const workflow = made(recommendations, { targetNamespace: 'shop' }, (action) => action !== 'cordon_node');
    expect('spec' in workflow && workflow.spec.steps?.map((step) => step.parameters)).toEqual([
      { replicas: 3, namespace: 'shop' },
      { namespace: 'own' },
      { replicas: 3 },
    ]);
  });

  it.each<[string, readonly Recommendation[], string, string]>([
    ['nothing', [], 'NothingRecommended', 'status.recommendations'],
    [
      'more than a person can judge',
      Array.from({ length: maxRecommendations + 1 }, (_, index) => ({ ...base, id: `r${index}` })),
      'TooManyRecommendations',
      'status.recommendations',
    ],
    ['an id twice', [base, base], 'RecommendationDuplicate', 'status.recommendations[1].id'],
    [
      'a dependency that is not there, though a step has that number',
      [{ ...base, dependencies: ['1'] }],
      'DependencyUnknown',
      'status.recommendations[0].dependencies',
    ],
    [
      'a circle',
      [
        { ...base, dependencies: ['b'] },
        { ...base, id: 'b', dependencies: ['a'] },
      ],
      'DependencyCycle',
      'status.recommendations[0].dependencies',
    ],
    [
      'what cannot be read exactly',
      [{ ...base, parameters: { id: 2 ** 60 } }],
      'SpecUnreadable',
      'status.recommendations',
    ],
  ])('is not made of %s', (_, recommendations, reason, field) => {
    expect(made(recommendations)).toMatchObject({ causes: [{ reason, field }] });
  });
});
