import { applyMutation } from '../../simulation/apply-mutation.ts';
import { guards, type GuardName } from './guards.ts';
import type { Guard } from './guard.ts';

/*
 * `WITHOUT_GUARD=name node test/integration/threat-model/mutated-webhook.ts webhook ...` is src/main.ts without that
 * guard. Nothing of the product may be loaded before the mutation is in place.
 */
const name = process.env['WITHOUT_GUARD'] ?? '';
const guard: Guard | undefined = guards[name as GuardName];
if (guard === undefined || !('edits' in guard.without)) throw new Error(`no code is the guard "${name}"`);
const checkMutation = applyMutation({ name, edits: guard.without.edits });
await import('../../../src/main.ts');
checkMutation();
