import type { Guard } from './guard.ts';

const decide = 'src/policy/approval/decide-approval.ts';

/** What keeps a decision from being made by who has written what it is about, by a program, or unread. */
export const guardsOfDeciders = {
  'every-author': {
    rule: 'With `require-different-approver`, everybody counts as an author who has written the spec since somebody else approved it last.',
    says: /ApproverIsCreator/,
    without: {
      edits: [
        {
          file: 'src/policy/approval/stamp-workflow.ts',
          find: 'return withAuthor(isOthers ? [] : authors, user);',
          replace: 'void isOthers; return withAuthor([], user);',
        },
      ],
    },
  },
  'people-decide': {
    rule: 'ServiceAccounts decide nothing, whatever rights they have, unless `service-accounts-may-approve` says so.',
    says: /DeciderIsServiceAccount/,
    without: {
      edits: [
        {
          file: decide,
          find: '!facts.serviceAccountsMayApprove && isServiceAccountUser(facts)',
          replace: 'false',
        },
      ],
    },
  },
  'hash-alone': {
    rule: 'With `approve-by-hash-only`, `true` approves nothing: an approval names the hash of what was read.',
    says: /HashRequired/,
    without: {
      edits: [
        { file: decide, find: 'approveByHashOnly && decision.specHash === undefined', replace: 'false' },
      ],
    },
  },
} as const satisfies Readonly<Record<string, Guard>>;
