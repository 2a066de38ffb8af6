import type { Edit } from '../../simulation/mutations.ts';

/** Something that stops attempts, and how a test does without it. */
export interface Guard {
  /** What holds, in a sentence. */
  readonly rule: string;
  /** What the refusals of its attempts say: a reason or words of a message. */
  readonly says: RegExp;
  /** The code without the guard, or what is taken away from the cluster. */
  readonly without: { readonly edits: readonly Edit[] } | { readonly cluster: ClusterChange };
}

/** A change of the cluster that takes a guard away; test/integration/threat-model/cluster-changes.ts makes them. */
export type ClusterChange =
  | 'no-identity-policy'
  | 'no-rollback-policy'
  | 'no-status-policy'
  | 'no-token-policy'
  | 'no-rules-on-executions'
  | 'no-rules-on-workflows'
  | 'all-may-impersonate';
