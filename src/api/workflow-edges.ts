/**
 * The most dependencies of one workflow, counted after names are resolved. A name may stand for every step, so that a
 * small object has a quarter of a million of them; ten for each step of the largest workflow is more than people draw.
 */
export const maxEdgesPerWorkflow = 10_000;

/** Reason of the refusal, as schema issues and denials say it. */
export const tooManyEdges = 'DependenciesTooMany';

/** A step, as far as its dependencies go. */
interface EdgeStep {
  readonly stepNumber: number;
  readonly name?: string | undefined;
  readonly dependencies?: readonly string[] | undefined;
}

/** A spec, as far as its dependencies go. */
export interface EdgeSpec {
  readonly steps?: readonly EdgeStep[] | undefined;
  readonly workflowDefinition?:
    { readonly steps: readonly { readonly dependsOn?: readonly number[] | undefined }[] } | undefined;
}

/**
 * How many dependencies a spec has, each pair of steps once, in time that grows with the size of the spec: no list of
 * them is made.
 */
export function countEdges(spec: EdgeSpec): number {
  const planned = spec.steps ?? [];
  const defined = spec.workflowDefinition?.steps ?? [];
  const named = Map.groupBy(planned, ({ name }) => name);
  const byNumber = new Map(planned.map((step) => [String(step.stepNumber), step]));
  let edges = 0;
  for (const { dependencies = [] } of planned) edges += edgesOf(new Set(dependencies), named, byNumber);
  for (const { dependsOn = [] } of defined) edges += new Set(dependsOn).size;
  return edges;
}

/** The same steps as normaliseWorkflow finds: numbers come before names. */
function edgesOf(
  texts: ReadonlySet<string>,
  named: ReadonlyMap<string | undefined, readonly EdgeStep[]>,
  byNumber: ReadonlyMap<string, EdgeStep>,
): number {
  const isName = (text: string | undefined): boolean =>
    text !== undefined && texts.has(text) && !byNumber.has(text);
  let edges = 0;
  for (const text of texts) {
    const numbered = byNumber.get(text);
    if (numbered === undefined) edges += named.get(text)?.length ?? 1;
    // By its name, it has been counted with its namesakes.
    else if (!isName(numbered.name)) edges += 1;
  }
  return edges;
}
