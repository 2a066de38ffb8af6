import type { NormalisedStep } from '../../api/normalised-workflow.ts';

/** An Event has room for so many beside the command that approves. */
const shown = 5;

/** The same, in characters. */
const longestAction = 40;

/**
 * What is undone when a critical step of these fails, for the person who is to approve them: which step makes it so, and
 * by what. Undefined where no step is critical, for then nothing is undone. At most 500 characters.
 */
export function undoingOf(steps: readonly NormalisedStep[]): string | undefined {
  const critical = steps.filter(({ criticalStep }) => criticalStep);
  if (critical.length === 0) return undefined;
  const numbers = listed(critical.map(({ stepNumber }) => String(stepNumber)));
  const when =
    critical.length === 1
      ? `If critical step ${numbers} fails`
      : `If one of the critical steps ${numbers} fails`;
  const own = steps.flatMap(({ stepNumber, rollback }) =>
    rollback === undefined ? [] : [`step ${stepNumber} by ${rollback.action.slice(0, longestAction)}`],
  );
  const byAction = 'by its own action, where that can undo itself';
  if (own.length === 0) return `${when}, each step that has run is undone ${byAction}.`;
  const others = own.length === steps.length ? '' : `, every other step ${byAction}`;
  return `${when}, what has run is undone: ${listed(own)}${others}.`;
}

function listed(texts: readonly string[]): string {
  const more = texts.length - shown;
  return [...texts.slice(0, shown), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
