import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Edit, Mutation } from './mutations.ts';

/** A mutation does not fit the code any more. */
export class BrokenMutationError extends Error {
  readonly code = 'BrokenMutation';
}

/** The source with the edit made. Throws BrokenMutationError unless `find` occurs exactly once. */
export function edited(source: string, { file, find, replace }: Edit): string {
  const occurrences = source.split(find).length - 1;
  if (occurrences !== 1) throw new BrokenMutationError(`${file} has ${occurrences} times: ${find}`);
  return source.replace(find, () => replace);
}

/**
 * From now on, modules of this process are loaded as the mutation has them, so that the code itself needs no
 * switches. Call what it returns once they are loaded: it throws BrokenMutationError for an edit that nothing
 * has loaded.
 */
export function applyMutation({ name, edits }: Pick<Mutation, 'name' | 'edits'>): () => void {
  const pending = new Set(edits);
  const root = new URL('../../', import.meta.url);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const here = edits.filter((edit) => new URL(edit.file, root).href === url);
      if (here.length === 0) return loaded;
      let source = new TextDecoder().decode(loaded.source as Uint8Array);
      for (const edit of here) {
        source = edited(source, edit);
        pending.delete(edit);
      }
      return { ...loaded, source };
    },
  });
  return () => {
    for (const { file } of pending)
      throw new BrokenMutationError(`${name}: ${fileURLToPath(new URL(file, root))} was not loaded`);
  };
}
