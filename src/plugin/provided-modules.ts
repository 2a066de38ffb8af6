import { registerHooks } from 'node:module';

/** Modules that plugins may import wherever they lie: URLs by name, such as `stepgate`. */
export type ProvidedModules = Readonly<Record<string, string>>;

/**
 * Answers these names, from now on and whoever asks, with these modules; where a plugin has none of its own, its
 * `zod` is ours. So one file without a package around it is a plugin, and meets the stepgate that runs it. Returns
 * the function that ends it.
 */
export function provideModules(modules: ProvidedModules): () => void {
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      const provided = Object.hasOwn(modules, specifier) ? modules[specifier] : undefined;
      if (provided !== undefined) return { url: provided, shortCircuit: true };
      if (specifier !== 'zod') return nextResolve(specifier, context);
      try {
        return nextResolve(specifier, context);
      } catch {
        return nextResolve(specifier, { ...context, parentURL: import.meta.url });
      }
    },
  });
  return () => hooks.deregister();
}
