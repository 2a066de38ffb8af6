/**
 * The environment by which a process of ours finds what an earlier one has compiled, where the tests keep that: programs are
 * started again and again, and each would compile the same sources.
 */
export function compileCache(): Readonly<Record<string, string>> {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}
