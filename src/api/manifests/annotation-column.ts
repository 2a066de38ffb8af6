import { approvalAnnotations, type ApprovalAnnotation } from '../approval-annotations.ts';

/** The JSON path of an annotation for a printer column; dots within a name are escaped in these paths. */
export function annotationPath(annotation: ApprovalAnnotation): string {
  return `.metadata.annotations.${approvalAnnotations[annotation].replaceAll('.', String.raw`\.`)}`;
}
