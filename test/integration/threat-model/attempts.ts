import type { Attempt } from './attempt.ts';
import { accountAttempts } from './attempts/accounts.ts';
import { deciderAttempts } from './attempts/deciders.ts';
import { decisionAttempts } from './attempts/decisions.ts';
import { editAttempts } from './attempts/edits.ts';
import { endingAttempts } from './attempts/endings.ts';
import { executionAttempts } from './attempts/executions.ts';
import { attemptsFromBefore } from './attempts/from-before.ts';
import { identityAttempts } from './attempts/identities.ts';
import { pluginCheckAttempts } from './attempts/plugin-checks.ts';
import { neighbourAttempts } from './attempts/neighbours.ts';
import { stampAttempts } from './attempts/stamps.ts';
import { tokenAttempts } from './attempts/tokens.ts';
import { undoingAttempts } from './attempts/undoing.ts';

/** Every attempt, in the order of docs/threat-model.md: what is numbered there has its place here. */
export const attempts: readonly Attempt[] = [
  ...executionAttempts,
  ...decisionAttempts,
  ...stampAttempts,
  ...editAttempts,
  ...identityAttempts,
  ...endingAttempts,
  ...attemptsFromBefore,
  ...accountAttempts,
  ...undoingAttempts,
  ...tokenAttempts,
  ...neighbourAttempts,
  ...pluginCheckAttempts,
  ...deciderAttempts,
];
