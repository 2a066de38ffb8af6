import { expect, it } from 'vitest';
import { normaliseWorkflow } from '../../api/normalised-workflow.ts';
import { undoingOf } from './undoing.ts';

const rollbackSpec = { action: 'patch_deployment', parameters: { name: 'web' } };

interface Step {
  readonly stepNumber: number;
  readonly action: string;
  readonly criticalStep?: boolean;
  readonly rollbackSpec?: typeof rollbackSpec;
}

const step = (stepNumber: number, more: Partial<Step> = {}): Step => ({
  stepNumber,
  action: 'scale_deployment',
  ...more,
});

const undoing = (steps: readonly Step[]) => [
  undoingOf(normaliseWorkflow({ steps: [...steps] }).steps),
  undoingOf(normaliseWorkflow({ workflowDefinition: { steps: [...steps] } }).steps),
];

it.each([
  ['nothing where no step is critical', [step(1, { rollbackSpec }), step(2)], undefined],
  [
    'which step makes it so, and that actions undo themselves',
    [step(1), step(4, { criticalStep: true })],
    'If critical step 4 fails, each step that has run is undone by its own action, where that can undo itself.',
  ],
  [
    'by what a step is undone whose rollbackSpec says so',
    [
      step(1, { rollbackSpec }),
      step(2, { criticalStep: true }),
      step(3, { criticalStep: true, rollbackSpec }),
    ],
    'If one of the critical steps 2, 3 fails, what has run is undone: step 1 by patch_deployment, ' +
      'step 3 by patch_deployment, every other step by its own action, where that can undo itself.',
  ],
  [
    'that each step has a rollbackSpec',
    [step(1, { criticalStep: true, rollbackSpec })],
    'If critical step 1 fails, what has run is undone: step 1 by patch_deployment.',
  ],
])('an approver is told %s, in either shape', (_, steps, expected) => {
  expect(undoing(steps)).toEqual([expected, expected]);
});

it('is no longer than an Event has room for, of however many steps', () => {
  const long = { action: 'a'.repeat(63), parameters: { name: 'web' } };
  const steps = Array.from({ length: 1_000 }, (__, index) =>
    step(index + 1_000_000, { criticalStep: true, rollbackSpec: long }),
  );
  const [text = ''] = undoing(steps);
  expect(text.length).toBeLessThan(500);
  expect(text).toContain('995 more');
});
