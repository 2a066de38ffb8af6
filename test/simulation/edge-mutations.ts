import type { UnitMutation } from './mutations.ts';

const liveWorkflows = 'webhook/cluster/live-workflows.ts';
const liveWorkflowsTest = 'webhook/cluster/live-workflows-watch.test.ts';
const listAndWatch = 'src/kube/list-and-watch.ts';
const reflectorTest = 'src/kube/reflector.test.ts';

/**
 * Rules that are kept where the code meets the API server. The simulation has its own watches and its own store, so
 * that a mutation of those shows no more than that the rule is needed; these show that the real code keeps it.
 */
export const edgeMutations: readonly UnitMutation[] = [
  {
    name: 'reflector-lists-from-a-cache',
    rule: 'The first list is consistent.',
    edits: [
      {
        file: listAndWatch,
        find: "{ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }",
        replace: "{ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', resourceVersion: '0' }",
      },
    ],
    caughtBy: {
      file: reflectorTest,
      test: 'a reflector > asks for a consistent streamed list with bookmarks, and for no resourceVersion',
    },
  },
  {
    name: 'reflector-resumes',
    rule: 'After a disconnect a watch starts with a complete list, and never resumes.',
    edits: [
      {
        file: listAndWatch,
        find: "{ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }",
        replace:
          "delivery.resourceVersion === undefined ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' } : { resourceVersion: delivery.resourceVersion }",
      },
    ],
    caughtBy: {
      file: reflectorTest,
      test: 'relist > makes a new list, and keeps what was told until then',
    },
  },
  {
    name: 'journal-replaced-whatever-it-is',
    rule: 'The journal is written by compare-and-swap.',
    edits: [
      {
        file: 'webhook/cluster/journal-objects.ts',
        find: 'name: slotJournalName, uid, resourceVersion, ...withoutManagedFields',
        replace: 'name: slotJournalName, ...withoutManagedFields',
      },
    ],
    caughtBy: {
      file: 'webhook/cluster/journal-objects.test.ts',
      test: 'writing a journal > replaces the very one that was read, and tracks no field owners',
    },
  },
  {
    name: 'missing-definition-is-a-namespace-that-is-over',
    rule: 'Only a namespace that is not found is over; a journal that is lost with its definition is a loss.',
    edits: [
      {
        file: 'webhook/cluster/journal-objects.ts',
        find: "error.status.details?.kind === 'namespaces'",
        replace: 'true',
      },
    ],
    caughtBy: {
      file: 'webhook/cluster/journal-objects.test.ts',
      test: 'a missing definition of SlotJournals is not known to be a missing journal > when one is created',
    },
  },
  {
    name: 'live-workflows-believed-while-disconnected',
    rule: 'While the watch of workflows is away, nothing vouches for what it had shown.',
    edits: [
      {
        file: liveWorkflows,
        find: '(reflector.connected ? reflector.resourceVersion : undefined)',
        replace: 'reflector.resourceVersion',
      },
    ],
    caughtBy: {
      file: liveWorkflowsTest,
      test: 'a workflow is as the watch has shown it, up to where it has, and vouched for only while the watch is there',
    },
  },
  {
    name: 'live-workflows-seen-far-ahead',
    rule: 'A watch of workflows has seen as far as it was shown, and no further.',
    edits: [
      {
        file: liveWorkflows,
        find: '(reflector.connected ? reflector.resourceVersion : undefined)',
        replace: "(reflector.connected ? '999999999999' : undefined)",
      },
    ],
    caughtBy: {
      file: liveWorkflowsTest,
      test: 'a workflow is as the watch has shown it, up to where it has, and vouched for only while the watch is there',
    },
  },
  {
    name: 'a-mark-gives-way-to-one-that-a-watch-ends',
    rule: 'A mark gives way only to one that stands for its whole lifetime, whatever uid that was asked for with.',
    edits: [
      {
        file: 'webhook/journal/workflow-marks.ts',
        find: 'by: later.request ?? later.by',
        replace: 'by: later.by',
      },
    ],
    caughtBy: {
      file: 'webhook/journal/workflow-marks.test.ts',
      test: 'marks > of a create that take the place of another are not: what shows the uid may be from before the other',
    },
  },
];
