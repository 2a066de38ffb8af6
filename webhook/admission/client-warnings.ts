import { visibleText } from '../../src/policy/hostile-characters.ts';

/**
 * Warnings as they may travel in an AdmissionResponse. The API server puts each into an HTTP header, drops
 * those with control characters, and truncates past 256 characters each and 4,096 in all.
 * Source: apiserver `pkg/warning` and `endpoints/filters/warning.go`, apimachinery `net.NewWarningHeader`.
 */
export const maximumWarningLength = 255;
export const maximumWarningsLength = 4096;

// Room for the sentence that tells how many warnings were left out.
const roomForRest = 64;

/** The warnings that fit, each on one line, lengths in code points; what is left out is counted at the end. */
export function fitWarnings(warnings: readonly string[]): string[] {
  const fitting: string[] = [];
  let length = 0;
  for (const [index, warning] of warnings.entries()) {
    const line = fitWarning(warning);
    const lineLength = codePoints(line);
    if (length + lineLength > maximumWarningsLength - roomForRest) {
      fitting.push(`${warnings.length - index} more warnings were left out`);
      break;
    }
    if (line !== '') fitting.push(line);
    length += lineLength;
  }
  return fitting;
}

function fitWarning(warning: string): string {
  // No warning is longer in code points than in UTF-16 units: whatever lies past twice the limit is cut anyway.
  const line = visibleText(
    warning.slice(0, 4 * maximumWarningLength).replaceAll(/[\t\r\n\u2028\u2029]+/g, ' '),
  ).trim();
  const characters = Array.from(line);
  if (characters.length <= maximumWarningLength) return line;
  return `${characters.slice(0, maximumWarningLength - 1).join('')}…`;
}

function codePoints(line: string): number {
  return Array.from(line).length;
}
