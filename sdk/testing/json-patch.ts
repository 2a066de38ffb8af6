import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from './json.ts';

/** One operation of a JSON Patch. Source: RFC 6902. */
interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** A patch that cannot be done; the message says which operation. */
export class JsonPatchError extends Error {
  readonly code = 'JsonPatch';
}

/** The document after all operations, which are done in their order. The document itself stays as it was. */
export function jsonPatched(document: JsonObject, operations: unknown): JsonObject {
  if (!Array.isArray(operations)) throw new JsonPatchError('a JSON patch is a list of operations');
  const copy = structuredClone(document);
  for (const operation of operations as readonly Operation[]) apply(copy, operation);
  return copy;
}

function apply(document: JsonObject, operation: Operation): void {
  const { op, path, from = '' } = operation;
  const value = structuredClone(operation.value);
  if (op === 'add') return add(document, path, value);
  if (op === 'remove') return void remove(document, path);
  if (op === 'replace') {
    remove(document, path);
    return add(document, path, value);
  }
  if (op === 'move') return add(document, path, remove(document, from));
  if (op === 'copy') return add(document, path, structuredClone(read(document, from)));
  if (op !== 'test') throw new JsonPatchError(`${op} is no operation of a JSON patch`);
  if (!isDeepStrictEqual(read(document, path), value)) {
    throw new JsonPatchError(`testing value ${path} failed`);
  }
}

function add(document: JsonObject, path: string, value: unknown): void {
  const { parent, key } = place(document, path);
  if (!Array.isArray(parent)) parent[key] = value;
  else parent.splice(key === '-' ? parent.length : indexIn(key, path, parent.length), 0, value);
}

function remove(document: JsonObject, path: string): unknown {
  const value = read(document, path);
  const { parent, key } = place(document, path);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return value;
}

function read(document: JsonObject, path: string): unknown {
  const { parent, key } = place(document, path);
  if (Array.isArray(parent)) return parent[indexIn(key, path, parent.length - 1)];
  if (!Object.hasOwn(parent, key)) throw new JsonPatchError(`${path} is not there`);
  return parent[key];
}

/** What holds the value at `path`, and under which key. */
function place(document: JsonObject, path: string): { parent: JsonObject | unknown[]; key: string } {
  const keys = path.split('/').slice(1).map(unescaped);
  const key = keys.pop();
  if (key === undefined) throw new JsonPatchError(`${JSON.stringify(path)} is no path into an object`);
  let parent: JsonObject | unknown[] = document;
  for (const each of keys) {
    const next: unknown = Array.isArray(parent) ? parent[Number(each)] : parent[each];
    if (!isJsonObject(next) && !Array.isArray(next)) throw new JsonPatchError(`${path} leads nowhere`);
    parent = next;
  }
  return { parent, key };
}

function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

function indexIn(key: string, path: string, highest: number): number {
  const index = Number(key);
  if (!/^\d+$/.test(key) || index > highest) throw new JsonPatchError(`${path} is not there`);
  return index;
}
