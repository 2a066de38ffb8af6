import { applyMutation } from '../../simulation/apply-mutation.ts';
import { nextFormat } from './next-format.ts';

/*
 * `node test/integration/upgrade/next-format-webhook.ts webhook ...` is src/main.ts as the release that changes the
 * journal's format will be. Nothing of the product may be loaded before the edits are in place.
 */
const checkEdits = applyMutation({ name: 'next format', edits: nextFormat });
await import('../../../src/main.ts');
checkEdits();
