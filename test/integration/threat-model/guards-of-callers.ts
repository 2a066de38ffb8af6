import type { Guard } from './guard.ts';

/** What keeps reviews that the API server did not send from being believed. */
export const guardsOfCallers = {
  'believed-caller': {
    rule: 'Reviews are taken below the admission path alone, which the webhook configurations have and nobody else knows.',
    says: /404 there is nothing at this path/,
    without: {
      edits: [
        {
          file: 'webhook/server/admission-app.ts',
          find: "if (rest === undefined) throw new HttpRefusal(404, 'there is nothing at this path');",
          replace: 'if (rest === undefined) return next();',
        },
      ],
    },
  },
} as const satisfies Readonly<Record<string, Guard>>;
