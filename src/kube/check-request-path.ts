import { KubePathError, shownInPath } from './kube-path-error.ts';
import { isSegmentText } from './path-segment.ts';

/** Longer than any that names an object: a namespace and a name are 316 characters. */
const maximumLength = 4_096;

/**
 * Refuses a path that may reach anything but the resource that it spells: one with a query or a fragment, with an empty
 * segment or one of dots, with an escaped character that needs no escaping or that the API server would take for a
 * separator. Code that has built a path from a parameter sends nothing then.
 * @throws KubePathError
 */
export function checkRequestPath(path: string): void {
  if (path.length > maximumLength)
    throw new KubePathError(`A path has ${path.length} characters; ${maximumLength} is the most`);
  const problem = problemOf(path);
  if (problem !== undefined) throw new KubePathError(`The path ${shownInPath(path)} ${problem}`);
}

function problemOf(path: string): string | undefined {
  if (!path.startsWith('/')) return 'does not begin with "/"';
  const strange = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/.exec(path);
  if (strange !== null) return `has the character ${shownInPath(strange[0])}`;
  const needless = /%(?:2[DdEe]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])/.exec(path);
  if (needless !== null) return `escapes a character that needs no escaping, as ${needless[0]}`;
  const segments = path.slice(1).split('/');
  for (const segment of segments) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
    if (!isSegmentText(unescaped(segment) ?? '%')) return `has a segment that is no name, ${segment}`;
  }
  return undefined;
}

function unescaped(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
