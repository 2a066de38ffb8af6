/** More changes than this make another word, not a typo. */
const mostChanges = 3;

/** The known key that `key` was probably meant to be, or undefined. */
export function suggestKey(key: string, knownKeys: readonly string[]): string | undefined {
  // A key of a ConfigMap has at most 253 characters, none of ours has 40: do not compare what cannot be near.
  const near = knownKeys
    .filter((known) => Math.abs(known.length - key.length) <= mostChanges)
    .map((known) => ({ known, changes: editDistance(normalised(key), known) }))
    .toSorted((left, right) => left.changes - right.changes);
  const [nearest] = near;
  return nearest !== undefined && nearest.changes <= mostChanges ? nearest.known : undefined;
}

/** `maxParallelSteps` and `MAX_PARALLEL_STEPS` are spellings of one key. */
function normalised(key: string): string {
  return key
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .replaceAll(/[_.]/g, '-')
    .toLowerCase();
}

/** Levenshtein's distance. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let at = 0; at < left.length; at += 1) {
    const next = [at + 1];
    for (let index = 1; index <= right.length; index += 1) {
      const substituted = (row[index - 1] ?? 0) + (left[at] === right[index - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
