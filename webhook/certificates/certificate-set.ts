/** The certificates of a self-managed webhook, and each step of their rotation as a new set. */
import type { CertifiedKey } from './certificate-authority.ts';
import { createAuthority, issueServingCertificate } from './certificate-authority.ts';
import { coversNames, isSignedBy, isUsablePair, validityOf } from './certificate-facts.ts';
import type { RotationAction, RotationFacts, RotationPolicy } from './rotation.ts';

/** What the Secret holds. Any part may be missing or broken when somebody has edited it. */
export interface CertificateSet {
  readonly authority?: CertifiedKey;
  readonly serving?: CertifiedKey;
  readonly next?: CertifiedKey & { readonly introducedAt: number };
  /** The CA before this one; its key is gone. */
  readonly previous?: { readonly cert: string; readonly replacedAt: number };
}

/** PEM of every CA that a client has to trust, the current one first. Unreadable ones are left out. */
export function caBundleOf({ authority, next, previous }: CertificateSet): string {
  return [authority?.cert, next?.cert, previous?.cert]
    .filter((pem) => pem !== undefined)
    .filter((pem) => notAfterOf(pem) !== undefined)
    .map((pem) => `${pem.trim()}\n`)
    .join('');
}

/**
 * The set with the first CA of `bundle` as its previous one, where it has none: the Secret is gone, and replicas serve by
 * that CA until they have read the new one.
 */
export function stillTrusting(set: CertificateSet, bundle: string, now: number): CertificateSet {
  const cert = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(bundle)?.[0];
  if (cert === undefined || set.previous !== undefined || cert === set.authority?.cert.trim()) return set;
  return { ...set, previous: { cert: `${cert}\n`, replacedAt: now } };
}

/**
 * What rotation asks of a set at the instant `now`. `names` are those that the serving certificate has to be good for. What
 * does not hold yet, because the clock was ahead when it was made, is as good as broken.
 */
export function factsOf(
  set: CertificateSet,
  names: readonly string[],
  bundlesCompleteSince: number | undefined,
  now: number,
): RotationFacts {
  const { authority, serving, next, previous } = set;
  const authorityEnd = notAfterOf(authority?.cert);
  const servingEnd = notAfterOf(serving?.cert);
  const nextEnd = notAfterOf(next?.cert);
  return {
    ...(bundlesCompleteSince !== undefined && { bundlesCompleteSince }),
    ...(authority !== undefined &&
      authorityEnd !== undefined && {
        authority: {
          notAfter: authorityEnd,
          canSign: isUsablePair(authority) && holdsAt(authority.cert, now),
        },
      }),
    ...(serving !== undefined &&
      servingEnd !== undefined && {
        serving: {
          notAfter: servingEnd,
          usable:
            isUsablePair(serving) &&
            [serving.cert, authority?.cert].every((pem) => holdsAt(pem, now)) &&
            isSignedBy(serving.cert, authority?.cert ?? '') &&
            coversNames(serving.cert, names),
        },
      }),
    ...(next !== undefined &&
      nextEnd !== undefined && {
        next: {
          notAfter: nextEnd,
          canSign: isUsablePair(next) && holdsAt(next.cert, now),
          introducedAt: next.introducedAt,
        },
      }),
    ...(previous !== undefined && { previous: { replacedAt: previous.replacedAt } }),
  };
}

/** The set after one step of rotation at the instant `now`, milliseconds since 1970. */
export async function rotate(
  set: CertificateSet,
  action: Exclude<RotationAction, 'none'>,
  now: number,
  names: readonly string[],
  policy: RotationPolicy,
): Promise<CertificateSet> {
  const { authority, next } = set;
  const newAuthority = async (): Promise<CertifiedKey> =>
    createAuthority(
      `stepgate-webhook-ca ${new Date(now).toISOString()}`,
      lasting(now, policy.authorityLifetime),
    );
  const serveBy = async (issuer: CertifiedKey): Promise<CertifiedKey> =>
    issueServingCertificate(issuer, names, lasting(now, policy.servingLifetime));
  const steps: Record<typeof action, () => Promise<CertificateSet>> = {
    create: async () => {
      const created = await newAuthority();
      return { authority: created, serving: await serveBy(created), ...replaced(authority, now) };
    },
    'renew-serving': async () => ({ ...set, serving: await serveBy(required(authority)) }),
    'introduce-next': async () => ({ ...set, next: { ...(await newAuthority()), introducedAt: now } }),
    'switch-to-next': async () => {
      const { cert, key } = required(next);
      const switched = { cert, key };
      return { authority: switched, serving: await serveBy(switched), ...replaced(authority, now) };
    },
    'retire-previous': async () => {
      const { previous: _retired, ...rest } = set;
      return rest;
    },
  };
  return steps[action]();
}

/** A clock of a node may be behind the one that issued. */
const clockSkewMilliseconds = 3_600_000;

function lasting(now: number, milliseconds: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - clockSkewMilliseconds), notAfter: new Date(now + milliseconds) };
}

function replaced(authority: CertifiedKey | undefined, now: number): Pick<CertificateSet, 'previous'> {
  const end = notAfterOf(authority?.cert);
  if (authority === undefined || end === undefined || end <= now) return {};
  return { previous: { cert: authority.cert, replacedAt: now } };
}

function required<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new TypeError('rotation asked for a CA that is not there');
  return part;
}

/** False for one that begins to hold later; its end is not looked at. */
function holdsAt(pem: string | undefined, now: number): boolean {
  const period = periodOf(pem);
  return period !== undefined && period.notBefore.getTime() <= now;
}

function notAfterOf(pem: string | undefined): number | undefined {
  return periodOf(pem)?.notAfter.getTime();
}

function periodOf(pem: string | undefined): ReturnType<typeof validityOf> | undefined {
  if (pem === undefined) return undefined;
  try {
    return validityOf(pem);
  } catch {
    return undefined;
  }
}
