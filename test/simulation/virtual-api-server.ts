import type { Journal, JournalContent } from '../../webhook/journal/journal.ts';
import { JournalConflictError } from '../../webhook/journal/journal-errors.ts';
import type {
  ExecutionList,
  ExecutionState,
  ObservedExecution,
} from '../../webhook/journal/execution-view.ts';

import type { Trace } from './trace.ts';
import type { StoredWorkflow } from './virtual-workflow.ts';

/** The one namespace of a simulation. */
export const namespace = 'n';

/** A KubernetesExecution, as far as slots are concerned. */
export interface StoredExecution {
  readonly name: string;
  readonly uid: string;
  readonly workflow: string;
  settled: boolean;
  /** The revision of its last change. */
  revision: number;
}

/** What watches of active executions, of journals and of workflows see of one change. */
export type Change =
  | { readonly type: 'upserted' | 'removed'; readonly execution: ObservedExecution }
  | { readonly type: 'journal'; readonly journal: Journal }
  | { readonly type: 'journalGone' }
  | { readonly type: 'workflow'; readonly workflow: StoredWorkflow };

/** The linearizable heart of an API server with etcd: every call happens at one instant. */
export interface VirtualApiServer {
  readonly revision: number;
  readonly executions: ReadonlyMap<string, StoredExecution>;
  readonly journal: Journal | undefined;
  readonly workflows: readonly StoredWorkflow[];
  workflow(name: string): StoredWorkflow | undefined;
  /** Makes it, or replaces it. */
  writeWorkflow(name: string, gated: boolean): void;
  /** Undefined when the name exists. */
  create(name: string, uid: string, workflow: string): StoredExecution | undefined;
  settle(name: string): void;
  remove(name: string): void;
  get(name: string): ExecutionState | undefined;
  listActive(): ExecutionList;
  createJournal(content: JournalContent): Journal;
  replaceJournal(base: Journal, content: JournalContent): Journal;
  removeJournal(): void;
  /** As a watch cache that lags would list them. */
  listActiveAt(revision: number): ExecutionList;
  /** What a watch that starts at this revision is shown at once. */
  changesSince(revision: number): readonly Change[];
  /** Calls back at each change, in order. */
  watch(onChange: (change: Change) => void): () => void;
  backup(): Backup;
  /** History goes back; with `keepJournal` the journal is put back as it was, as a tool for backups of objects does. */
  restore(backup: Backup, keepJournal: boolean): void;
}

/** What a backup of etcd holds. */
export interface Backup {
  readonly revision: number;
  readonly executions: readonly StoredExecution[];
  readonly journal: Journal | undefined;
  readonly workflows: readonly StoredWorkflow[];
}

/** Empty, at revision 1. */
export function createVirtualApiServer(trace?: Trace): VirtualApiServer {
  let revision = 1;
  let executions = new Map<string, StoredExecution>();
  let journal: Journal | undefined;
  let journals = 0;
  let workflows = new Map<string, StoredWorkflow>();
  const watchers = new Set<(change: Change) => void>();
  let log: { readonly revision: number; readonly change: Change }[] = [];

  function tell(change: Change): void {
    log.push({ revision, change });
    for (const onChange of watchers) onChange(change);
  }

  function storeJournal(uid: string, content: JournalContent): Journal {
    revision += 1;
    journal = { ...content, uid, resourceVersion: String(revision) };
    tell({ type: 'journal', journal });
    return journal;
  }

  return {
    get revision() {
      return revision;
    },
    get executions() {
      return executions;
    },
    get journal() {
      return journal;
    },
    get workflows() {
      return [...workflows.values()];
    },
    workflow: (name) => workflows.get(name),
    writeWorkflow(name, gated) {
      revision += 1;
      const workflow = { name, gated, resourceVersion: String(revision) };
      workflows.set(name, workflow);
      trace?.('server', `${name} ${gated ? 'needs approval' : 'is let through'} at ${revision}`);
      tell({ type: 'workflow', workflow });
    },
    create(name, uid, workflow) {
      if (executions.has(name)) return undefined;
      revision += 1;
      const execution = { name, uid, workflow, settled: false, revision };
      executions.set(name, execution);
      trace?.('server', `stores ${name} ${uid} at ${revision}`);
      tell({ type: 'upserted', execution: observed(execution) });
      return execution;
    },
    settle(name) {
      const execution = executions.get(name);
      if (execution === undefined || execution.settled) return;
      revision += 1;
      execution.settled = true;
      execution.revision = revision;
      trace?.('server', `${name} ${execution.uid} is settled at ${revision}`);
      tell({ type: 'removed', execution: observed(execution) });
    },
    remove(name) {
      const execution = executions.get(name);
      if (execution === undefined) return;
      revision += 1;
      executions.delete(name);
      trace?.('server', `${name} ${execution.uid} is deleted at ${revision}`);
      // The watch selects active executions: it has shown the end of a settled one before.
      if (!execution.settled) tell({ type: 'removed', execution: observed({ ...execution, revision }) });
    },
    get(name) {
      const execution = executions.get(name);
      return execution && { ...observed(execution), settled: execution.settled };
    },
    listActive: () => ({
      revision: String(revision),
      items: [...executions.values()].filter((execution) => !execution.settled).map(observed),
    }),
    listActiveAt(at) {
      const active = new Map<string, ObservedExecution>();
      for (const { revision: when, change } of log) {
        if (when > at) break;
        if (change.type === 'upserted') active.set(change.execution.name, change.execution);
        if (change.type === 'removed') active.delete(change.execution.name);
      }
      return { revision: String(at), items: [...active.values()] };
    },
    changesSince: (from) => log.filter((entry) => entry.revision > from).map(({ change }) => change),
    createJournal(content) {
      if (journal !== undefined) throw new JournalConflictError('the journal exists');
      journals += 1;
      return storeJournal(`journal-${journals}`, content);
    },
    replaceJournal(base, content) {
      if (journal?.uid !== base.uid || journal.resourceVersion !== base.resourceVersion) {
        throw new JournalConflictError('the journal has changed');
      }
      return storeJournal(base.uid, content);
    },
    removeJournal() {
      if (journal === undefined) return;
      revision += 1;
      journal = undefined;
      trace?.('server', 'the journal is deleted');
      tell({ type: 'journalGone' });
    },
    watch(onChange) {
      watchers.add(onChange);
      return () => void watchers.delete(onChange);
    },
    backup: () => ({
      revision,
      executions: Array.from(executions.values(), (execution) => ({ ...execution })),
      journal,
      workflows: [...workflows.values()],
    }),
    restore(backup, keepJournal) {
      revision = backup.revision;
      log = log.filter((entry) => entry.revision <= revision);
      executions = new Map(backup.executions.map((execution) => [execution.name, { ...execution }]));
      workflows = new Map(backup.workflows.map((workflow) => [workflow.name, workflow]));
      if (keepJournal && journal !== undefined) {
        revision += 1;
        journals += 1;
        journal = { ...journal, uid: `journal-${journals}`, resourceVersion: String(revision) };
      } else {
        journal = backup.journal;
      }
    },
  };
}

function observed({ name, uid, workflow, revision }: StoredExecution): ObservedExecution {
  return { namespace, name, uid, workflow, resourceVersion: String(revision) };
}
