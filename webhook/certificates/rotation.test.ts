import { describe, expect, it } from 'vitest';
import type { RotationFacts, RotationPolicy } from './rotation.ts';
import { defaultRotationPolicy, nextRotationAction } from './rotation.ts';

const policy: RotationPolicy = {
  authorityLifetime: 1_000,
  renewAuthorityBefore: 300,
  servingLifetime: 100,
  renewServingBefore: 30,
  overlap: 10,
};
const now = 10_000;
const settled: RotationFacts = {
  authority: { notAfter: now + 900, canSign: true },
  serving: { notAfter: now + 90, usable: true },
  bundlesCompleteSince: 0,
};
const endingAuthority = { notAfter: now + 299, canSign: true };
const next = { notAfter: now + 990, canSign: true, introducedAt: now - 10 };

describe('nextRotationAction', () => {
  it.each<[string, RotationFacts, string]>([
    ['nothing is there', {}, 'create'],
    ['everything is fresh', settled, 'none'],
    ['the serving certificate is missing', without(settled, 'serving'), 'renew-serving'],
    [
      'the serving certificate is broken',
      { ...settled, serving: { notAfter: now + 90, usable: false } },
      'renew-serving',
    ],
    [
      'the serving certificate has ended',
      { ...settled, serving: { notAfter: now, usable: true } },
      'renew-serving',
    ],
    [
      'the serving certificate ends soon',
      { ...settled, serving: { notAfter: now + 29, usable: true } },
      'renew-serving',
    ],
    [
      'the serving certificate holds just long enough',
      { ...settled, serving: { notAfter: now + 30, usable: true } },
      'none',
    ],
    ['the CA ends soon', { ...settled, authority: endingAuthority }, 'introduce-next'],
    [
      'the CA has lost its key, but serves on',
      { ...settled, authority: { notAfter: now + 900, canSign: false } },
      'introduce-next',
    ],
    [
      'CA and serving certificate both end soon',
      { ...settled, authority: endingAuthority, serving: { notAfter: now + 29, usable: true } },
      'introduce-next',
    ],
    ['the next CA is known long enough', { ...settled, authority: endingAuthority, next }, 'switch-to-next'],
    [
      'the next CA is known not long enough',
      { ...settled, authority: endingAuthority, next: { ...next, introducedAt: now - 9 } },
      'none',
    ],
    [
      'the next CA is known long enough, but not to every configuration',
      without({ ...settled, authority: endingAuthority, next }, 'bundlesCompleteSince'),
      'none',
    ],
    [
      'the next CA was introduced long ago, but has only just got into every configuration',
      { ...settled, authority: endingAuthority, next, bundlesCompleteSince: now - 9 },
      'none',
    ],
    [
      'the next CA has lost its key',
      { ...settled, authority: endingAuthority, next: { ...next, canSign: false } },
      'introduce-next',
    ],
    [
      'the old CA was replaced long enough ago',
      { ...settled, previous: { replacedAt: now - 10 } },
      'retire-previous',
    ],
    ['the old CA was replaced just now', { ...settled, previous: { replacedAt: now - 9 } }, 'none'],
    [
      'everything has ended, but a next CA is there',
      {
        authority: { notAfter: now, canSign: true },
        serving: { notAfter: now, usable: true },
        next,
        bundlesCompleteSince: 0,
      },
      'switch-to-next',
    ],
    [
      'everything has ended',
      {
        authority: { notAfter: now, canSign: true },
        serving: { notAfter: now, usable: true },
        bundlesCompleteSince: 0,
      },
      'create',
    ],
    [
      'the CA has ended although the serving certificate has not',
      { ...settled, authority: { notAfter: now - 1, canSign: true } },
      'create',
    ],
    [
      'the serving certificate ends with its CA, and a new one would gain nothing',
      {
        ...settled,
        authority: { notAfter: now + 25, canSign: true },
        serving: { notAfter: now + 20, usable: true },
        next: { ...next, introducedAt: now },
      },
      'none',
    ],
  ])('when %s', (_, facts, action) => {
    expect(nextRotationAction(facts, now, policy)).toBe(action);
  });

  it('has defaults in which a rotation fits', () => {
    const { authorityLifetime, renewAuthorityBefore, servingLifetime, renewServingBefore, overlap } =
      defaultRotationPolicy;
    expect(renewAuthorityBefore).toBeGreaterThan(servingLifetime + 2 * overlap);
    expect(authorityLifetime).toBeGreaterThan(2 * renewAuthorityBefore);
    expect(renewServingBefore).toBeLessThan(servingLifetime / 2);
  });

  it('over years never lets a replica serve what a client does not trust, and never runs dry', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      expect(faultOf(momentsOf(seed)), `seed ${seed}`).toBeUndefined();
    }
  });
});

/**
 * A small world: one Secret; a configuration that is written late; a replica and a client that lag behind by
 * less than an overlap. CAs are numbers. Answers what went wrong.
 */
function faultOf(moments: readonly Moment[]): string | undefined {
  let instant = 0;
  let numbers = 0;
  let secret: World = {};
  let served: number | undefined;
  let configuration: { cas: readonly number[]; since: number } = { cas: [], since: 0 };
  let trusted: readonly number[] = [];
  let replicaLookedAt = 0;
  let clientLookedAt = 0;
  let wroteAt = 0;
  let switches = 0;
  for (const { pause, reads, trusts, writes } of moments) {
    instant += pause;
    // Pauses are shorter than 9: who looks whenever it has been 2 lags by less than the overlap of 10.
    if (trusts || instant - clientLookedAt >= 2) {
      trusted = configuration.cas;
      clientLookedAt = instant;
    }
    if (reads || instant - replicaLookedAt >= 2) {
      served = secret.serving?.by;
      replicaLookedAt = instant;
    }
    const cas = bundle(secret);
    if (writes || instant - wroteAt >= 50) {
      if (cas.join() !== configuration.cas.join()) configuration = { cas, since: instant };
      wroteAt = instant;
    }
    const isComplete = cas.join() === configuration.cas.join();
    const action = nextRotationAction(
      factsOf(secret, isComplete ? configuration.since : undefined),
      instant,
      policy,
    );
    secret = step(secret, action, instant, () => (numbers += 1));
    if (action === 'switch-to-next') switches += 1;
    if (action === 'create') {
      if (served !== undefined) return 'began anew in the middle';
      // At the very first there is nobody to lose.
      configuration = { cas: bundle(secret), since: instant };
      trusted = configuration.cas;
    }
    if (served !== undefined && !trusted.includes(served))
      return `serves by ${served}, trusted are ${trusted.join()}`;
    if (secret.serving !== undefined && secret.serving.notAfter <= instant)
      return 'the certificate has ended';
  }
  return instant > 3 * policy.authorityLifetime && switches === 0 ? 'never rotated' : undefined;
}

/** Two thousand moments, always the same for one seed (the generator is mulberry32). */
function momentsOf(seed: number): Moment[] {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const likely = random();
  return Array.from({ length: 2_000 }, () => ({
    pause: Math.floor(random() * 9),
    reads: random() < likely,
    trusts: random() < likely,
    writes: random() < likely,
  }));
}

interface Moment {
  readonly pause: number;
  readonly reads: boolean;
  readonly trusts: boolean;
  readonly writes: boolean;
}

interface World {
  authority?: { ca: number; notAfter: number };
  serving?: { by: number; notAfter: number };
  next?: { ca: number; notAfter: number; introducedAt: number };
  previous?: { ca: number; replacedAt: number };
}

function bundle({ authority, next, previous }: World): number[] {
  return [authority?.ca, next?.ca, previous?.ca].filter((ca) => ca !== undefined);
}

function factsOf({ authority, serving, next, previous }: World, since: number | undefined): RotationFacts {
  return {
    ...(since !== undefined && { bundlesCompleteSince: since }),
    ...(authority && { authority: { notAfter: authority.notAfter, canSign: true } }),
    ...(serving && { serving: { notAfter: serving.notAfter, usable: true } }),
    ...(next && { next: { notAfter: next.notAfter, canSign: true, introducedAt: next.introducedAt } }),
    ...(previous && { previous: { replacedAt: previous.replacedAt } }),
  };
}

function step(world: World, action: string, instant: number, newCa: () => number): World {
  const notAfter = instant + policy.authorityLifetime;
  const servingBy = (ca: number, end: number) => ({
    by: ca,
    notAfter: Math.min(instant + policy.servingLifetime, end),
  });
  const { authority, next } = world;
  if (action === 'create') {
    const ca = newCa();
    return { authority: { ca, notAfter }, serving: servingBy(ca, notAfter) };
  }
  if (action === 'renew-serving' && authority)
    return { ...world, serving: servingBy(authority.ca, authority.notAfter) };
  if (action === 'introduce-next')
    return { ...world, next: { ca: newCa(), notAfter, introducedAt: instant } };
  if (action === 'switch-to-next' && authority && next) {
    return {
      authority: { ca: next.ca, notAfter: next.notAfter },
      serving: servingBy(next.ca, next.notAfter),
      previous: { ca: authority.ca, replacedAt: instant },
    };
  }
  if (action === 'retire-previous') return without(world, 'previous');
  return world;
}

function without<Whole extends object, Part extends keyof Whole>(
  whole: Whole,
  part: Part,
): Omit<Whole, Part> {
  const { [part]: _left, ...rest } = whole;
  return rest;
}
