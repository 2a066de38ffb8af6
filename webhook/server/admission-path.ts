/**
 * The unguessable first segment of the paths of the admission port. Whoever calls without it is not the API server:
 * managed API servers show no certificate to webhooks, but they call exactly the path of the webhook configuration.
 */
import { hash, timingSafeEqual } from 'node:crypto';

/** The segments that are believed. */
export interface AdmissionPath {
  readonly current: string;
  /** The one before, while a rotation goes on. */
  readonly previous?: string;
}

/** A text that is no segment of an admission path. Its message never shows the text. */
export class AdmissionPathError extends Error {
  readonly code = 'AdmissionPathUnusable';
  override readonly name = 'AdmissionPathError';
}

/** At least 256 bits: 43 characters of base64url, or 64 hexadecimal digits, which the path of a Service takes. */
const segment = /^[A-Za-z0-9_-]{43,256}$/;
const leading = /^\/([A-Za-z0-9_-]{43,256})(\/.*)$/;

/** True for a text that can be a segment. */
export function isSegment(text: string): boolean {
  return segment.test(text);
}

/**
 * The segment in a file's text, which may end with a newline.
 * @throws AdmissionPathError
 */
export function parseSegment(text: string): string {
  const trimmed = text.trim();
  if (isSegment(trimmed)) return trimmed;
  throw new AdmissionPathError(
    'An admission path has from 43 to 256 letters, digits, hyphens and underscores: 32 random bytes in hexadecimal.',
  );
}

/**
 * What follows the segment in the path of a request, with its query; undefined where the path has none of the segments
 * of `accepted`. The time it takes tells nothing about how much of a segment is right, or which of the two it was.
 */
export function behindSegment(url: string, accepted: AdmissionPath): string | undefined {
  const [, presented, rest] = leading.exec(url) ?? [];
  if (presented === undefined) return undefined;
  const isCurrent = isSame(presented, accepted.current);
  const isPrevious = isSame(presented, accepted.previous ?? accepted.current);
  return isCurrent || isPrevious ? rest : undefined;
}

/** Hashes are of one length, whatever was sent. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}
