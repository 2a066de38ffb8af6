import type { ClaimOptions } from '../../webhook/approval/claimed-approval.ts';

/** A cluster in which no workflow refers to a decision. */
export const noClaims: ClaimOptions = {
  approvals: { request: async () => undefined, analysis: async () => undefined },
  controller: 'the-controller',
};
