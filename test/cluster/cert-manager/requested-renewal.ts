/** A Certificate, as far as a renewal needs it. */
interface RenewableCertificate {
  readonly metadata: { readonly generation: number };
  readonly status: { readonly conditions: readonly { readonly type: string }[] };
}

/** The status by which cert-manager issues a certificate anew, as a merge patch: what `cmctl renew` writes. */
export function requestedRenewal({ metadata, status }: RenewableCertificate): object {
  const issuing = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'a test asks for a new one',
    lastTransitionTime: new Date().toISOString(),
    observedGeneration: metadata.generation,
  };
  const others = status.conditions.filter(({ type }) => type !== issuing.type);
  return { status: { conditions: [...others, issuing] } };
}
