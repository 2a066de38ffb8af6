import { createHash } from 'node:crypto';
import { labelValueMaxLength } from '../../api/names.ts';

const uidDigits = 8;

/**
 * The name of what is created for an analysis: of its AIApprovalRequest and of its WorkflowExecution. The same whoever
 * creates it and however often; another for an analysis that was deleted and made anew under its name. It fits a label.
 */
export function remediationName({ name, uid }: { readonly name: string; readonly uid: string }): string {
  const suffix = createHash('sha256').update(uid).digest('hex').slice(0, uidDigits);
  const room = labelValueMaxLength - uidDigits - 1;
  return `${name.slice(0, room).replace(/[-.]+$/, '')}-${suffix}`;
}
