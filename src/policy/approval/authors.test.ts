import { describe, expect, it } from 'vitest';
import { authorship, authorsText, maxAuthors, parseAuthors, withAuthor } from './authors.ts';

const many = (count: number): readonly string[] => Array.from({ length: count }, (_, each) => `user-${each}`);

describe('the list of authors', () => {
  it('has each author once', () => {
    expect(withAuthor(withAuthor(['ann'], 'dev'), 'ann')).toEqual(['ann', 'dev']);
  });

  it('names everybody where there are more than are kept, and forgets that no more', () => {
    const full = many(maxAuthors).reduce(withAuthor, []);
    expect(full).toHaveLength(maxAuthors);
    expect(authorship(full, 'stranger')).toBeUndefined();
    const overflowing = withAuthor(full, 'one more');
    expect(authorship(overflowing, 'stranger')).toBe('too-many');
    expect(authorship(withAuthor(overflowing, 'dev'), 'stranger')).toBe('too-many');
  });

  it('names everybody where the names are too long', () => {
    expect(authorship(withAuthor(['ann'], 'x'.repeat(4096)), 'stranger')).toBe('too-many');
  });

  it('is read from an annotation as it was written, names with commas and quotes too', () => {
    const authors = ['cn=ann,ou="people"', 'dev'];
    expect(parseAuthors(authorsText(authors))).toEqual(authors);
  });

  it.each(['', 'ann', '{"ann": 1}', '[1]', '["ann"'])('names everybody where %s cannot be read', (text) => {
    expect(authorship(parseAuthors(text), 'stranger')).toBe('too-many');
  });
});
