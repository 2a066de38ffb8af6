import { workflowAnnotation, workflowExecutionKind, workflowLabel } from '../api/names.ts';
import { isObjectName, objectNameMaxLength } from '../api/object-name.ts';
import type { Cause, Deny } from './verdict.ts';
import { deny } from './verdict.ts';

/** The parts of an execution that may name its workflow. */
export interface WorkflowMarks {
  readonly labels?: Readonly<Record<string, string>> | null | undefined;
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
  readonly ownerReferences?: readonly OwnerMark[] | null | undefined;
  readonly workflowExecutionRef?:
    { readonly name?: string | undefined; readonly namespace?: string | undefined } | null | undefined;
  /** Namespace of the execution. */
  readonly namespace: string;
}

interface OwnerMark {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean | undefined;
}

/** A workflow's name, and the field of the execution that says it. */
interface Naming {
  readonly field: string;
  readonly name: string;
}

const labelField = `metadata.labels[${workflowLabel}]`;
const annotationField = `metadata.annotations[${workflowAnnotation}]`;
const referenceField = 'spec.workflowExecutionRef';

/**
 * The workflow an execution belongs to, in its own namespace: a controller ownerReference of kind
 * WorkflowExecution, `spec.workflowExecutionRef`, the label and the annotation must agree, and one of them is
 * enough. An empty name says nothing. Otherwise a denial, 422 Invalid, with a cause for each field at fault.
 */
export function identifyWorkflow(marks: WorkflowMarks): { readonly workflow: string } | Deny {
  const namings = namingsOf(marks);
  const [first] = namings;
  const causes = [
    ...foreignReference(marks),
    ...namings.filter(({ name }) => !isObjectName(name)).map(invalidName),
    ...(first === undefined
      ? [noWorkflow]
      : namings.filter(({ name }) => name !== first.name).map(disagree(first))),
  ];
  if (first === undefined || causes.length > 0) {
    return deny(422, 'Invalid', causes.map(({ message }) => message).join(' '), causes);
  }
  return { workflow: first.name };
}

function namingsOf({
  labels,
  annotations,
  ownerReferences,
  workflowExecutionRef,
}: WorkflowMarks): readonly Naming[] {
  const owners = (ownerReferences ?? []).map((owner, index) => ({
    field: `metadata.ownerReferences[${index}].name`,
    name: isWorkflowController(owner) ? owner.name : '',
  }));
  return [
    ...owners,
    { field: `${referenceField}.name`, name: workflowExecutionRef?.name ?? '' },
    { field: labelField, name: labels?.[workflowLabel] ?? '' },
    { field: annotationField, name: annotations?.[workflowAnnotation] ?? '' },
  ].filter(({ name }) => name !== '');
}

/** Any version of the group: an owner reference written for another version names the same workflow. */
function isWorkflowController(owner: OwnerMark): boolean {
  const { group, kind } = workflowExecutionKind;
  return owner.controller === true && owner.kind === kind && owner.apiVersion.startsWith(`${group}/`);
}

const noWorkflow: Cause = {
  reason: 'WorkflowRequired',
  field: 'metadata.labels',
  message:
    `The execution names no workflow: set the label ${workflowLabel}, ${referenceField}.name or a controller ` +
    `ownerReference of kind ${workflowExecutionKind.kind}.`,
};

function foreignReference({ workflowExecutionRef, namespace }: WorkflowMarks): readonly Cause[] {
  const other = workflowExecutionRef?.namespace ?? '';
  if (other === '' || other === namespace) return [];
  return [
    {
      reason: 'WorkflowElsewhere',
      field: `${referenceField}.namespace`,
      message:
        `The execution is in namespace ${quoted(namespace)}, its workflow is said to be in ` +
        `${quoted(other)}: an execution runs in the namespace of its workflow.`,
    },
  ];
}

function invalidName({ field, name }: Naming): Cause {
  return {
    reason: 'WorkflowNameInvalid',
    field,
    message:
      `${quoted(name)} cannot be the name of a workflow: a name has up to 253 lower case letters, digits, ` +
      `'-' and '.', and starts and ends with a letter or digit.`,
  };
}

function disagree(first: Naming): (other: Naming) => Cause {
  return (other) => ({
    reason: 'WorkflowsDisagree',
    field: other.field,
    message:
      `The execution names two workflows: ${first.field} says ${quoted(first.name)}, ` +
      `${other.field} says ${quoted(other.name)}.`,
  });
}

/** A value in a message: quoted, and no longer than a name could be (an annotation may have 256 KiB). */
function quoted(value: string): string {
  return JSON.stringify(
    value.length > objectNameMaxLength ? `${value.slice(0, objectNameMaxLength)}…` : value,
  );
}
