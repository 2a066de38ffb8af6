import type { Journal } from '../../webhook/journal/journal.ts';

/** A journal in one line. */
export function describeJournal(journal: Journal | undefined): string {
  if (journal === undefined) return 'none';
  const entries = journal.reservations.map(({ name, uids }) => `${name}[${uids.join(' ')}]`).join(' ');
  return `${journal.resourceVersion}, compactedThrough ${journal.compactedThrough}${journal.recovering ? ', recovering' : ''}, ${entries || 'empty'}`;
}
