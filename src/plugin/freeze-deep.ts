/**
 * Freezes an object, with everything in it, and returns it. However deep it is nested: the stack does not grow with it.
 * Bytes cannot be frozen and stay as they are.
 */
export function freezeDeep<Value>(value: Value): Value {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const part = pending.pop();
    if (typeof part !== 'object' || part === null || Object.isFrozen(part) || ArrayBuffer.isView(part))
      continue;
    Object.freeze(part);
    pending.push(...Object.values(part));
  }
  return value;
}
