/** What the candidates of a test agree on. */
export const electionLease = { namespace: 'default', name: 'election' } as const;

/** Long enough for a machine that is busy, short enough to wait for. */
export const electionTimes = {
  leaseDurationMilliseconds: 6_000,
  renewDeadlineMilliseconds: 4_000,
  retryPeriodMilliseconds: 500,
} as const;
