import { describe, expect, it } from 'vitest';
import { AdmissionPathError, behindSegment, parseSegment } from './admission-path.ts';

const current = 'a'.repeat(43);
const previous = 'b-_9'.repeat(12);

describe('a segment', () => {
  it('is 43 to 256 characters of base64url, whatever newline ends its file', () => {
    expect(parseSegment(`${current}\n`)).toBe(current);
    expect(parseSegment('x'.repeat(256))).toBe('x'.repeat(256));
  });

  it.each(['', 'a'.repeat(42), 'a'.repeat(257), `${current}/`, `${current}%`, `${current} ${current}`])(
    'is not %j, and the error does not show it',
    (text) => {
      const error: unknown = thrownBy(() => parseSegment(text));
      expect(error).toBeInstanceOf(AdmissionPathError);
      expect(String(error)).not.toContain('aaaa');
    },
  );
});

describe('a path', () => {
  it('goes on behind the current segment and the previous one, with its query', () => {
    const accepted = { current, previous };
    expect(behindSegment(`/${current}/validate/x?timeout=10s`, accepted)).toBe('/validate/x?timeout=10s');
    expect(behindSegment(`/${previous}/validate/x`, accepted)).toBe('/validate/x');
  });

  it('does not go on behind the previous segment once it was dropped', () => {
    expect(behindSegment(`/${previous}/validate/x`, { current })).toBeUndefined();
  });

  it.each([
    ['none', '/validate/x'],
    ['nothing', ''],
    ['another one', `/${'c'.repeat(43)}/validate/x`],
    ['a longer one', `/${current}a/validate/x`],
    ['one in another place', `/x/${current}/validate/x`],
    ['an empty one before it', `//${current}/validate/x`],
    ['an encoded one', `/%61${current.slice(1)}/validate/x`],
    ['one in the query', `/?/${current}/validate/x`],
    ['one and nothing else', `/${current}`],
    ['a whole URL', `https://127.0.0.1/${current}/validate/x`],
  ])('does not go on behind %s', (_, url) => {
    expect(behindSegment(url, { current, previous })).toBeUndefined();
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
