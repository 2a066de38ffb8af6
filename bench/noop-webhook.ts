/** A webhook that parses and allows. */
import { allowed } from '../src/policy/verdict.ts';
import { startComparedWebhook } from './compared-webhook.ts';

await startComparedWebhook(() => async () => allowed);
