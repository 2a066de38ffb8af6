import type { KubeObject } from '../../src/kube/kube-object.ts';
import type { ObservedExecution } from '../journal/execution-view.ts';
import { observeExecution } from './observed-execution.ts';

/**
 * Workflows of executions whose metadata does not name one and cannot be made to, by uid: another policy of the cluster
 * refuses our patch, for instance. They are counted by what they were read to refer to.
 */
export interface UnmarkedExecutions {
  /** The execution as its metadata shows it, with the workflow that is known otherwise. */
  readonly observe: (item: KubeObject) => ObservedExecution;
  readonly count: (uid: string, workflow: string) => void;
  readonly forget: (uid: string) => void;
}

/** None is known so far. */
export function createUnmarkedExecutions(): UnmarkedExecutions {
  const workflows = new Map<string, string>();
  return {
    observe(item) {
      const observed = observeExecution(item);
      return observed.workflow === undefined && workflows.size > 0
        ? { ...observed, workflow: workflows.get(observed.uid) }
        : observed;
    },
    count: (uid, workflow) => void workflows.set(uid, workflow),
    forget: (uid) => void workflows.delete(uid),
  };
}
