/**
 * Who has written what is to be decided on. The list is stored with the object, so it is bounded; where it overflows,
 * everybody counts as an author, and nobody may approve as somebody else.
 */

/** The most names that are kept. */
export const maxAuthors = 16;

/** The most bytes of UTF-8 that all names together have: identity providers issue long ones. */
const maxAuthorsBytes = 4096;

/** Stands for everybody. A user of this name counts as everybody too, which fails closed. */
const everybody = '*';

/** The list with one more author in it. */
export function withAuthor(authors: readonly string[], user: string): readonly string[] {
  if (authors.includes(everybody)) return [everybody];
  if (authors.includes(user)) return authors;
  const all = [...authors, user];
  const bytes = all.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  return all.length > maxAuthors || bytes > maxAuthorsBytes ? [everybody] : all;
}

/** Why somebody counts as an author: by name, or because there were more than are kept. Undefined for who does not. */
export function authorship(authors: readonly string[], user: string): 'by-name' | 'too-many' | undefined {
  if (authors.includes(everybody)) return 'too-many';
  return authors.includes(user) ? 'by-name' : undefined;
}

/** The list as an annotation has it. */
export function authorsText(authors: readonly string[]): string {
  return JSON.stringify(authors);
}

/** The list in an annotation; what cannot be read names everybody, for nobody knows whom it named. */
export function parseAuthors(text: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list;
  } catch {
    // Not JSON: read as below.
  }
  return [everybody];
}

/** Why an author may not approve `what`, such as `workflow "shop"`. */
export function authorsMayNotApprove(why: 'by-name' | 'too-many', user: string, what: string): string {
  return why === 'by-name'
    ? `${user} has written ${what}; somebody else must approve it.`
    : `More people have written ${what} than the ${maxAuthors} whose names are kept, so everybody counts as its author and nobody may approve it: create it anew.`;
}
