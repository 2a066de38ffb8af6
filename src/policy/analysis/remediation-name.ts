import { labelValueMaxLength } from '../../api/names.ts';
import { sha256 } from '../../api/sha256.ts';

const uidDigits = 8;

/**
 * The name of what is created for an analysis: of its AIApprovalRequest and of its WorkflowExecution. The same whoever
 * creates it and however often; another for an analysis that was deleted and made anew under its name. It fits a label.
 */
export function remediationName({ name, uid }: { readonly name: string; readonly uid: string }): string {
  const suffix = sha256(uid).slice(0, uidDigits);
  const room = labelValueMaxLength - uidDigits - 1;
  return `${name.slice(0, room).replace(/[-.]+$/, '')}-${suffix}`;
}
