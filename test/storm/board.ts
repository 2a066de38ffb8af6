import type { Random } from '../simulation/random.ts';

/** A workflow of the storm. */
export interface StormWorkflow {
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name` */
  readonly key: string;
}

/** Names that clients believe in: what they have created, settled and deleted. All clients share it. */
export interface Board {
  readonly workflows: readonly StormWorkflow[];
  readonly created: (workflow: StormWorkflow, name: string) => void;
  readonly settled: (workflow: StormWorkflow, name: string) => void;
  readonly deleted: (workflow: StormWorkflow, name: string) => void;
  readonly anyActive: (workflow: StormWorkflow, random: Random) => string | undefined;
  readonly anySettled: (workflow: StormWorkflow, random: Random) => string | undefined;
  /** A name that nobody has used. */
  readonly freshName: (workflow: StormWorkflow) => string;
}

/** A workflow's settled names that are remembered, so that picking one stays cheap. */
const settledRemembered = 50;

/** A board without executions. */
export function createBoard(workflows: readonly StormWorkflow[]): Board {
  const active = new Map(workflows.map(({ key }) => [key, new Set<string>()]));
  const settled = new Map(workflows.map(({ key }) => [key, new Set<string>()]));
  const namesIn = (names: Map<string, Set<string>>, { key }: StormWorkflow): Set<string> =>
    names.get(key) ?? new Set();
  let serial = 0;
  return {
    workflows,
    created: (workflow, name) => void namesIn(active, workflow).add(name),
    settled(workflow, name) {
      namesIn(active, workflow).delete(name);
      const names = namesIn(settled, workflow).add(name);
      const [oldest] = names;
      if (names.size > settledRemembered && oldest !== undefined) names.delete(oldest);
    },
    deleted(workflow, name) {
      namesIn(active, workflow).delete(name);
      namesIn(settled, workflow).delete(name);
    },
    anyActive: (workflow, random) => random.pick([...namesIn(active, workflow)]),
    anySettled: (workflow, random) => random.pick([...namesIn(settled, workflow)]),
    freshName: ({ name }) => `${name}-step-${(serial += 1)}`,
  };
}
