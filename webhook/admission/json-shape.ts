/**
 * How deep and how bushy a JSON text is, counted on its bytes before anything is built of it. A few
 * megabytes of `[` or `{},` parse into hundreds of megabytes of objects; this refuses them first.
 */

/** Bounds of a JSON text. */
export interface JsonBounds {
  /** Most levels of objects and arrays within each other. */
  readonly maximumDepth: number;
  /** Most objects and arrays in all. */
  readonly maximumContainers: number;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * What is out of bounds in the JSON text `bytes`, as a phrase that fits behind "the body "; undefined when
 * nothing is. It judges no syntax: a text that is no JSON gets some answer, and the parser refuses it later.
 */
export function findJsonExcess(bytes: Uint8Array, bounds: JsonBounds): string | undefined {
  let depth = 0;
  let containers = 0;
  const end = bytes.length;
  for (let index = 0; index < end; index += 1) {
    const byte = bytes[index];
    if (byte === quote) {
      index = endOfString(bytes, index + 1);
    } else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      containers += 1;
      if (depth > bounds.maximumDepth) return `is nested deeper than ${bounds.maximumDepth} levels`;
      if (containers > bounds.maximumContainers) {
        return `holds more than ${bounds.maximumContainers} objects and arrays`;
      }
    } else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
    }
  }
  return undefined;
}

/** Index of the quote that ends the string whose content begins at `start`, or the end of the text. */
function endOfString(bytes: Uint8Array, start: number): number {
  let index = start;
  while (index < bytes.length && bytes[index] !== quote) index += bytes[index] === backslash ? 2 : 1;
  return index;
}
