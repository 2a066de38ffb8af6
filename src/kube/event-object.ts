import type { ResourceKind } from '../api/names.ts';
import { visibleText } from '../policy/hostile-characters.ts';
import type { ObjectMeta } from './kube-object.ts';

/** The object that an Event is about. Source: core/v1 `ObjectReference`. */
export interface EventRegarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for kinds that live in no namespace; their Events live in `default`. */
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** What an Event about this state of an object is about. */
export function regardingObject(
  { group, version, kind }: ResourceKind,
  metadata: ObjectMeta,
): EventRegarding {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: `${group}/${version}`,
    kind,
    name,
    uid,
    resourceVersion,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** Something worth telling the person who looks at an object with `kubectl describe`. */
export interface EventFacts {
  readonly regarding: EventRegarding;
  readonly type: 'Normal' | 'Warning';
  /** Why, in UpperCamelCase; at most 128 characters. */
  readonly reason: string;
  /** What was done, in UpperCamelCase; at most 128 characters. */
  readonly action: string;
  /** A sentence; at most 1024 bytes of it are kept. */
  readonly note: string;
  /** Tells one occasion from another where reason and object do not, such as the values that a change was from and to. */
  readonly occasion?: string;
}

/** Who records. */
export interface EventReporter {
  /** A qualified name, such as `stepgate.kubernaut.io/webhook`. */
  readonly controller: string;
  /** The pod's name, or whatever tells replicas apart; not empty. */
  readonly instance: string;
}

/** Bounds of events.k8s.io/v1. Source: `ValidateEventCreate` in kubernetes pkg/apis/core/validation/events.go. */
const longestNote = 1024;
const longestWord = 128;

/** Facts that differ in their note only are one series, as in client-go's recorder, unless they say what tells them apart. */
export function eventSeriesKey({ regarding, type, reason, action, occasion }: EventFacts): string {
  const { apiVersion, kind, namespace, name, uid } = regarding;
  return JSON.stringify([type, reason, action, apiVersion, kind, namespace, name, uid, occasion]);
}

export function eventNamespace({ namespace }: EventRegarding): string {
  return namespace ?? 'default';
}

/** `name` must be new in the namespace of the Event. */
export function eventObject(facts: EventFacts, reporter: EventReporter, name: string, at: Date): object {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: eventNamespace(facts.regarding) },
    eventTime: microTime(at),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, longestWord),
    type: facts.type,
    reason: facts.reason.slice(0, longestWord),
    action: facts.action.slice(0, longestWord),
    // Notes tell what users have written.
    note: truncated(visibleText(facts.note, longestNote), longestNote),
    regarding: facts.regarding,
  };
}

/** A merge patch that says how often the series was observed by now. */
export function seriesPatch(count: number, lastObserved: Date): object {
  return { series: { count, lastObservedTime: microTime(lastObserved) } };
}

/** `<object>.<time and chance in hexadecimal>`, as client-go names them; at most 253 characters. */
export function eventName(regarding: EventRegarding, at: Date, random: number): string {
  // Each part of a name between dots ends with a letter or a digit.
  const stem = regarding.name.slice(0, 220).replace(/[-.]+$/, '');
  const chance = Math.floor(random * 0x100_0000).toString(16);
  return `${stem}.${at.getTime().toString(16)}${chance.padStart(6, '0')}`;
}

/** Exactly six digits after the point, or the API server does not read it. Source: meta/v1 `RFC3339Micro`. */
function microTime(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}

function truncated(text: string, bytes: number): string {
  const all = Buffer.from(text);
  if (all.length <= bytes) return text;
  // What is cut in the middle of a character decodes to a replacement character.
  return all
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\uFFFD+$/u, '');
}
