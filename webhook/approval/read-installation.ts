import { deny, type Deny } from '../../src/policy/verdict.ts';
import type { InstallationMark } from '../cluster/installation-mark.ts';

/** The mark of this installation, or why nothing can be stamped without it. */
export async function readInstallation(mark: InstallationMark): Promise<string | Deny> {
  try {
    return await mark();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `stepgate cannot read its own ValidatingWebhookConfiguration now (${why}); try again.`;
    return deny(503, 'ServiceUnavailable', message, [{ reason: 'InstallationUnreadable', message }]);
  }
}
