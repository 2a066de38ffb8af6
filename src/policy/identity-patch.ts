import { labelValueMaxLength, workflowAnnotation, workflowLabel } from '../api/names.ts';
import type { PatchOperation } from './verdict.ts';

/** The metadata that carries an execution's workflow. A mutating webhook may meet none of it, or null. */
export interface MarkedMetadata {
  readonly labels?: Readonly<Record<string, string>> | null | undefined;
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
}

/**
 * What a create needs so that a watch of metadata shows its workflow: the label, or the annotation where the name
 * is too long for a label value (a name of an object that is short enough is always one). Nothing, where it is
 * there already. It overwrites nothing but an empty value: disagreement is for the validating side to refuse.
 */
export function completeIdentity(workflow: string, metadata: MarkedMetadata): readonly PatchOperation[] {
  return workflow.length <= labelValueMaxLength
    ? setWhereAbsent('labels', workflowLabel, workflow, metadata.labels)
    : setWhereAbsent('annotations', workflowAnnotation, workflow, metadata.annotations);
}

/**
 * What an update dropped and gets back: `kubectl replace` and apply write labels and annotations as a whole, and
 * mean no harm. A changed value is left for the policy to refuse.
 */
export function restoreIdentity(before: MarkedMetadata, now: MarkedMetadata): readonly PatchOperation[] {
  const label = before.labels?.[workflowLabel] ?? '';
  const annotation = before.annotations?.[workflowAnnotation] ?? '';
  return [
    ...(label === '' ? [] : setWhereAbsent('labels', workflowLabel, label, now.labels)),
    ...(annotation === ''
      ? []
      : setWhereAbsent('annotations', workflowAnnotation, annotation, now.annotations)),
  ];
}

function setWhereAbsent(
  field: 'labels' | 'annotations',
  key: string,
  value: string,
  present: Readonly<Record<string, string>> | null | undefined,
): readonly PatchOperation[] {
  if (present === null || present === undefined) {
    return [{ op: 'add', path: `/metadata/${field}`, value: { [key]: value } }];
  }
  if ((present[key] ?? '') !== '') return [];
  return [{ op: 'add', path: `/metadata/${field}/${pointerToken(key)}`, value }];
}

/** A key as a token of a JSON pointer. Source: RFC 6901, section 3. */
function pointerToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
