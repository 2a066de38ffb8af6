import type { Guard } from './guard.ts';

const judge = 'webhook/approval/judge-workflow.ts';
const decide = 'src/policy/approval/decide-approval.ts';
const state = 'src/policy/approval/workflow-approval.ts';

/** What keeps a decision from being made by the wrong person, by mistake, or on another spec. */
export const guardsOfDecisions = {
  'right-to-approve': {
    rule: 'Who decides needs the verb `approve` on that workflow; the API server is asked by SubjectAccessReview.',
    says: /NoRightToApprove/,
    without: {
      edits: [{ file: judge, find: 'if (allowed) return undefined;', replace: 'return undefined;' }],
    },
  },
  'answer-for-one-user': {
    rule: 'What the authorizer says of one user is never used for another.',
    says: /NoRightToApprove/,
    without: {
      edits: [
        { file: 'webhook/rights/access-review.ts', find: 'user.username,', replace: '' },
        { file: 'webhook/rights/access-review.ts', find: 'user.uid,', replace: '' },
        { file: 'webhook/rights/access-review.ts', find: 'user.groups,', replace: '' },
        { file: 'webhook/rights/access-review.ts', find: 'Object.entries(user.extra)', replace: '' },
      ],
    },
  },
  'authorizer-fails-closed': {
    rule: 'Where the authorizer cannot answer, nobody has the right.',
    says: /AuthorizerFailed/,
    without: {
      edits: [
        {
          file: judge,
          find: "return deny(403, 'Forbidden', message, [{ reason: 'AuthorizerFailed', field, message }]);",
          replace: 'return undefined;',
        },
      ],
    },
  },
  'words-of-a-decision': {
    rule: 'Only `true`, `false` and the hash decide; a typo is neither.',
    says: /DecisionUnknown/,
    without: {
      edits: [
        {
          file: 'src/policy/approval/parse-decision.ts',
          find: "if (raw === 'true')",
          replace: "if (raw !== 'false')",
        },
      ],
    },
  },
  'hash-that-was-read': {
    rule: 'A decision by hash is for the spec with that hash; another one is a conflict.',
    says: /SpecChanged/,
    without: {
      edits: [
        { file: decide, find: 'decision.specHash !== after.specHash', replace: 'false' },
        { file: state, find: 'decision.specHash === workflow.specHash', replace: 'true' },
      ],
    },
  },
  'decision-apart-from-edit': {
    rule: 'What is approved must be there before: a request decides, or changes the spec.',
    says: /ApprovalWithEdit/,
    without: {
      edits: [
        {
          file: decide,
          find: 'if (specChanged) return',
          replace: 'if (specChanged && raw === rawBefore) return',
        },
      ],
    },
  },
  'rejection-is-final': {
    rule: 'A rejection is final for its spec.',
    says: /RejectionIsFinal/,
    without: {
      edits: [
        {
          file: decide,
          find: "return refuse(403, 'Forbidden', 'RejectionIsFinal', message);",
          replace: 'void message;',
        },
      ],
    },
  },
  'different-approver': {
    rule: 'With `require-different-approver`, whoever has written the workflow does not approve it.',
    says: /ApproverIsCreator/,
    without: {
      edits: [
        {
          file: decide,
          find: 'requireDifferentApprover ? authorship(authorsOf(before), user) : undefined',
          replace: 'undefined as undefined | "by-name"',
        },
      ],
    },
  },
} as const satisfies Readonly<Record<string, Guard>>;
