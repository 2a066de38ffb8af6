/**
 * Characters that make a text look like another, or break who shows it: control characters (a terminal obeys them, and
 * `kubectl get -o yaml` fails on some), characters that reorder text (what is read is not what runs), noncharacters and
 * halves of surrogate pairs (no two programs write them the same way).
 */
const hostile =
  // oxlint-disable-next-line no-control-regex -- they are what it looks for
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\p{Noncharacter_Code_Point}\p{Surrogate}]/u;
/** In one line of a message, a carriage return hides what stands before it. */
const hidden = new RegExp(`${hostile.source}|\\r`, 'gu');

/** A hostile character, and where it stands. */
export interface HostileCharacter {
  /** JSON path, such as `spec.steps[3].parameters.note`; safe to show. */
  readonly path: string;
  /** As `U+009B`. */
  readonly character: string;
}

/**
 * A text with every hostile character written out, as `U+009B`, so that it can be shown anywhere. Line breaks and tabs stay. Of
 * a longer text than `longest` UTF-16 units, the beginning is shown.
 */
export function visibleText(text: string, longest = Infinity): string {
  // Cut first, because it takes time in proportion, and again, because names are longer than characters.
  return beginning(beginning(text, longest).replaceAll(hidden, codePointName), longest);
}

/** Half of a character that is cut would be written out as one that nobody wrote. */
function beginning(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, longest);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/**
 * The first hostile character in the texts and keys of `after`, a value of JSON that is called `name`. What stands at the same
 * place in `before` is none: what was stored before there was this rule can still be edited. Takes time in proportion to
 * the size of `after`, however deep that is.
 */
export function findHostileCharacter(
  name: string,
  after: unknown,
  before?: unknown,
): HostileCharacter | undefined {
  const root: Place = { key: name, parent: undefined };
  if (typeof after === 'string') return after === before ? undefined : inText(after, root);
  let open = openAt(root, after, before, undefined);
  while (open !== undefined) {
    const { keys, value, old, next } = open;
    if (next >= keys) {
      open = open.outer;
      continue;
    }
    open.next += 1;
    const key = open.names?.[next] ?? next;
    const isNew = typeof key === 'string' && !Object.hasOwn(old, key);
    if (isNew && hostile.test(key)) return found({ key, parent: open.place }, key);
    const item: unknown = Reflect.get(value, key);
    if (typeof item !== 'string' && (typeof item !== 'object' || item === null)) continue;
    const was: unknown = Object.hasOwn(old, key) ? Reflect.get(old, key) : undefined;
    if (typeof item !== 'string') open = openAt({ key, parent: open.place }, item, was, open);
    else if (item !== was && hostile.test(item)) return found({ key, parent: open.place }, item);
  }
  return undefined;
}

/** A value in another. */
interface Place {
  readonly key: string | number;
  readonly parent: Place | undefined;
}

/** An object or a list that is being looked through. */
interface Open {
  readonly place: Place;
  readonly value: object;
  /** What is at the same place in what was there before; empty where nothing is. */
  readonly old: object;
  /** Of an object. */
  readonly names: readonly string[] | undefined;
  /** How many there are. */
  readonly keys: number;
  next: number;
  readonly outer: Open | undefined;
}

function openAt(place: Place, value: unknown, before: unknown, outer: Open | undefined): Open | undefined {
  if (typeof value !== 'object' || value === null) return outer;
  const old = typeof before === 'object' && before !== null ? before : {};
  const names = Array.isArray(value) ? undefined : Object.keys(value);
  const keys = names?.length ?? (value as readonly unknown[]).length;
  return { place, value, old, names, keys, next: 0, outer };
}

function inText(text: string, place: Place): HostileCharacter | undefined {
  return hostile.test(text) ? found(place, text) : undefined;
}

/** A path is for a person: of one that is deeper, and of keys that are longer, the ends are enough. */
const longestPath = 20;
const longestKey = 64;

function found(place: Place, text: string): HostileCharacter {
  const segments: string[] = [];
  for (let each: Place | undefined = place; each !== undefined; each = each.parent) {
    const { key, parent } = each;
    segments.push(segment(key, parent === undefined));
  }
  const path =
    segments.length <= longestPath
      ? segments.toReversed().join('')
      : `${segments.at(-1) ?? ''}…${segments.slice(0, longestPath).toReversed().join('')}`;
  return { path, character: codePointName(hostile.exec(text)?.[0] ?? '') };
}

function segment(key: string | number, isRoot: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (isRoot) return key;
  const shown = visibleText(key.length > longestKey ? `${key.slice(0, longestKey)}…` : key);
  return /^\w+$/.test(key) ? `.${shown}` : `[${JSON.stringify(shown)}]`;
}

function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
