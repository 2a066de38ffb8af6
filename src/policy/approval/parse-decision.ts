/** What a person has written into the annotation `kubernaut.io/approved`. */
export type Decision =
  { readonly kind: 'approve'; readonly specHash: string | undefined } | { readonly kind: 'reject' };

/** Undefined for anything but `true`, `false` and a hash: a typo must not count as either. */
export function parseDecision(raw: string): Decision | undefined {
  if (raw === 'true') return { kind: 'approve', specHash: undefined };
  if (raw === 'false') return { kind: 'reject' };
  return /^sha256:[0-9a-f]{64}$/.test(raw) ? { kind: 'approve', specHash: raw } : undefined;
}
