/**
 * The first key that an object in a text of JSON has twice, however it is written (`"kind"` and `"\u006bind"` are one key);
 * undefined where each is there once. The text must be JSON; time and memory grow with its length, no stack with its depth.
 */
export function duplicateKey(json: string): string | undefined {
  /** The keys of what is open, from the outside in; null for a list. */
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') {
      const end = endOfString(json, at);
      if (expectsKey) {
        const key = JSON.parse(json.slice(at, end)) as string;
        const keys = open.at(-1);
        if (keys?.has(key) === true) return key;
        keys?.add(key);
        expectsKey = false;
      }
      at = end - 1;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      expectsKey = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      expectsKey = false;
    } else if (character === ',') expectsKey = open.at(-1) instanceof Set;
  }
  return undefined;
}

/** Behind the quotation mark that ends the string which begins here. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}
