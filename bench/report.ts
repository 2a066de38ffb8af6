import { isReached, targets } from './targets.ts';
import type { Figure } from './statistics.ts';
import type { CurvePoint } from './measure-curve.ts';

/** The table of ratios, as Markdown. */
export function ratioTable(ratios: Readonly<Record<string, Figure>>): string {
  const rows = targets.flatMap((target) => {
    const figure = ratios[target.key];
    if (figure === undefined) return [];
    const bound = target.atMost === undefined ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
    const reached = isReached(target, figure.median) ? 'yes' : 'NO';
    return [
      [
        `\`${target.key}\``,
        target.what,
        String(figure.median),
        `${figure.lowest} – ${figure.highest}`,
        bound,
        reached,
      ],
    ];
  });
  return table(['key', 'what', 'median', 'spread', 'target', 'reached'], rows);
}

/** The table of the curve, as Markdown. */
export function curveTable(points: readonly CurvePoint[]): string {
  const figure = (point: CurvePoint, name: string) => (point[name] as Figure).median;
  return table(
    ['replicas', 'workflows', 'creates/s', 'p99 ms'],
    points.map((point) => [
      String(point.replicas),
      String(point.workflows),
      figure(point, 'perSecond').toFixed(0),
      figure(point, 'p99Milliseconds').toFixed(0),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], widths: readonly number[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  const widths = head.map((cell, index) =>
    Math.max(cell.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head, widths), rule, ...rows.map((row) => line(row, widths))].join('\n');
}
