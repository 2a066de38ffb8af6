import type { Guard } from './guard.ts';

const stamp = 'src/policy/approval/stamp-workflow.ts';
const decide = 'src/policy/approval/decide-approval.ts';
const validate = 'webhook/workflows/validate-workflow.ts';

/**
 * For the lifetime of a reservation after it was created, such a workflow is read by the gate whatever its stamps say,
 * because it is marked in the journal. That passes; the guard must hold without it.
 */
const longAfterItWasMarked = {
  file: 'webhook/workflows/mark-workflow.ts',
  find: 'if (request.dryRun || !beginsToBeGated(request, stamping)) return undefined;',
  replace: 'return undefined;',
};

/** What keeps the stamps true: who wrote them, when, and for which spec. */
export const guardsOfStamps = {
  'stamps-are-ours': {
    rule: 'On an update, a stamp that a user writes is refused, and one that is left out is put back.',
    says: /StampForged/,
    without: {
      edits: [
        {
          file: stamp,
          find: 'const forged = before && !facts.isStamped && forgedStamp(before, after, annotations);',
          replace: `for (const each of approvalStamps) {
            const written = annotationOf(after, each);
            if (before && written !== undefined && written !== annotationOf(before, each)) annotations[each] = written;
          }
          const forged = undefined;`,
        },
        longAfterItWasMarked,
      ],
    },
  },
  'creates-begin-anew': {
    rule: 'A create takes over no decision and no stamp, whatever its manifest says.',
    says: /ApprovalRequired/,
    without: {
      edits: [
        {
          file: decide,
          find: 'return kept(undecided, warnings);',
          replace: 'return kept(decisionAnnotations(after), warnings);',
        },
        {
          file: stamp,
          find: "const stampedThreshold = specChanged ? undefined : before && annotationOf(before, 'threshold');",
          replace:
            "const stampedThreshold = before === undefined ? annotationOf(after, 'threshold') : specChanged ? undefined : annotationOf(before, 'threshold');",
        },
        {
          file: stamp,
          find: 'stepCount: String(after.stepCount),',
          replace:
            "stepCount: (before === undefined && annotationOf(after, 'stepCount')) || String(after.stepCount),",
        },
      ],
    },
  },
  'last-word-on-stamps': {
    rule: 'The validating webhook refuses a workflow whose stamps are not those that the mutating one would put there.',
    says: /StampForged|StampsChanging|NoRightToApprove/,
    without: {
      edits: [
        { file: validate, find: "if ('decision' in stamping) return stamping;", replace: '' },
        { file: validate, find: 'if (differing.length > 0) return stampsDiffer(differing);', replace: '' },
        {
          file: validate,
          find: 'const { approvedBy, approvedSpec } = stamping.annotations;',
          replace: 'const { approvedBy, approvedSpec } = stamping.annotations ?? {};',
        },
        {
          file: validate,
          find: 'stampingPatch(stamping, ',
          replace: "stampingPatch('decision' in stamping ? { annotations: {} } : stamping, ",
        },
        longAfterItWasMarked,
      ],
    },
  },
  'approval-is-for-a-spec': {
    rule: 'An approval is for the spec whose hash was stamped; a change of any meaning voids it.',
    says: /ApprovalRequired/,
    without: {
      edits: [
        {
          file: 'src/policy/approval/spec-hash.ts',
          find: 'sha256(canonicalSpec(spec))',
          replace: "sha256('any spec')",
        },
      ],
    },
  },
  'exact-values': {
    rule: 'What cannot be compared exactly is not compared: numbers that lose digits, keys that parsers leave out.',
    says: /cannot be read exactly|SpecUnreadable/,
    without: {
      edits: [
        {
          file: 'src/policy/approval/canonical-json.ts',
          find: 'export function inexactness(value: unknown): string | undefined {',
          replace: 'export function inexactness(value: unknown): string | undefined { return undefined;',
        },
      ],
    },
  },
  'stamps-of-this-installation': {
    rule: 'Stamps count only with the mark of this installation: those from before it could be written by anyone.',
    says: /ApprovalRequired/,
    without: {
      edits: [
        {
          file: 'webhook/approval/approvable.ts',
          find: 'return annotations[approvalAnnotations.installation] === installation;',
          replace: 'return true;',
        },
        {
          file: 'webhook/cluster/live-workflows.ts',
          find: 'facts.installation === mark ?',
          replace: 'true ?',
        },
      ],
    },
  },
  'threshold-of-the-edit': {
    rule: 'An edit of the spec is counted against the threshold in force then, not against an old one.',
    says: /ApprovalRequired/,
    without: {
      edits: [
        {
          file: stamp,
          find: "specChanged ? undefined : before && annotationOf(before, 'threshold')",
          replace: "before && annotationOf(before, 'threshold')",
        },
      ],
    },
  },
} as const satisfies Readonly<Record<string, Guard>>;
