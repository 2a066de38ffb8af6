import { laterResourceVersion } from '../../src/api/resource-version.ts';

/** The names of a workflow's active executions. A Set or a Map by name will do. */
export interface ActiveNames {
  readonly size: number;
  has(name: string): boolean;
  keys(): Iterable<string>;
}

/** A state of the active executions at one resourceVersion, from the watch or from a list. */
export interface ExecutionView {
  /** The view has everything up to this resourceVersion. */
  readonly revision: string;
  /** The active executions of a workflow, by name. */
  active(namespace: string, workflow: string): ActiveNames;
}

/** An execution as far as slots are concerned. */
export interface ObservedExecution {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The object's own resourceVersion. */
  readonly resourceVersion: string;
  /** Undefined when neither label, annotation nor owner names it. */
  readonly workflow: string | undefined;
}

/** A consistent list of one namespace's active executions. */
export interface ExecutionList {
  readonly revision: string;
  readonly items: readonly ObservedExecution[];
}

/** The resourceVersion of the item that changed last: what a view must show to have seen all of them. */
export function newestOf({ items }: ExecutionList): string {
  return items.reduce((newest, { resourceVersion }) => laterResourceVersion(newest, resourceVersion), '0');
}

/** The list as a view. */
export function viewOfList(list: ExecutionList): ExecutionView {
  const groups = Map.groupBy(list.items, (item) => item.workflow);
  return {
    revision: list.revision,
    active: (_namespace, workflow) => new Set((groups.get(workflow) ?? []).map((item) => item.name)),
  };
}

/** What the API server says of one execution now, by a quorum read. */
export interface ExecutionState extends ObservedExecution {
  readonly settled: boolean;
}

/** Consistent (quorum) reads of executions. Both reject when the API server cannot answer. */
export interface ExecutionReader {
  get(namespace: string, name: string): Promise<ExecutionState | undefined>;
  listActive(namespace: string): Promise<ExecutionList>;
}
