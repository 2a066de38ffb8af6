import { workflowAnnotation, workflowLabel } from '../names.ts';

/**
 * CEL for the marks that carry an execution's workflow. Every step of the path is optional: an object without
 * labels is the usual case, and an expression that fails would deny it.
 */

/** The label's value, or '' where there is none. `object` is `object` or `oldObject`. */
export function labelExpression(object: 'object' | 'oldObject'): string {
  return `${object}.metadata.?labels[?'${workflowLabel}'].orValue('')`;
}

/** The annotation's value, or '' where there is none. */
export function annotationExpression(object: 'object' | 'oldObject'): string {
  return `${object}.metadata.?annotations[?'${workflowAnnotation}'].orValue('')`;
}
