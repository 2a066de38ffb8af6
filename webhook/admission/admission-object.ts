/**
 * The object of an admission request, checked as far as admission reads it: the API server has validated
 * it already, and a deep check of a large object would cost more than the decision.
 */

/** Metadata as a request carries it; a mutating CREATE may lack name and uid. */
export interface AdmissionObjectMetadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[];
  readonly managedFields?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

/** An object under admission: its metadata is safe to read, everything else is unknown. */
export interface AdmissionObject {
  readonly metadata?: AdmissionObjectMetadata;
  readonly [field: string]: unknown;
}

/** What is wrong, and where, as a path below the object. */
export interface ObjectFault {
  readonly path: readonly string[];
  readonly message: string;
}

const textFields = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'deletionTimestamp',
] as const;
const textMapFields = ['labels', 'annotations'] as const;
const objectListFields = ['ownerReferences', 'managedFields'] as const;

/** The first fault of a value that should be an AdmissionObject; undefined when it is one. */
export function findObjectFault(value: unknown): ObjectFault | undefined {
  if (!isJsonObject(value)) return { path: [], message: 'expected an object' };
  const metadata = value['metadata'];
  if (isAbsent(metadata)) return undefined;
  if (!isJsonObject(metadata)) return { path: ['metadata'], message: 'expected an object' };
  for (const field of textFields) {
    const text = metadata[field];
    if (!isAbsent(text) && typeof text !== 'string') return fault(field, 'expected a string');
  }
  for (const field of textMapFields) {
    const map = metadata[field];
    if (!isAbsent(map) && !isTextMap(map)) return fault(field, 'expected an object of strings');
  }
  for (const field of objectListFields) {
    const list = metadata[field];
    if (!isAbsent(list) && !(Array.isArray(list) && list.every(isJsonObject))) {
      return fault(field, 'expected a list of objects');
    }
  }
  return undefined;
}

/** JSON `null` stands for an absent field, as Go's decoder has it. */
function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextMap(value: unknown): boolean {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string');
}

function fault(field: string, message: string): ObjectFault {
  return { path: ['metadata', field], message };
}
