import type { Deny, Verdict } from './verdict.ts';

/** A refusal that the modes warn and audit turn into a remark on another verdict. */
export function softened(
  refusal: Deny,
  verdict: Verdict,
  enforcement: 'enforce' | 'warn' | 'audit',
): Verdict {
  const reason = refusal.causes[0]?.reason ?? refusal.reason;
  const auditAnnotations = { ...verdict.auditAnnotations, [`would-refuse-${reason}`]: refusal.message };
  if (enforcement !== 'warn') return { ...verdict, auditAnnotations };
  // First: what is long is cut at its end.
  const warning = `stepgate would refuse this in mode enforce: ${refusal.message}`;
  return { ...verdict, auditAnnotations, warnings: [...(verdict.warnings ?? []), warning] };
}
