import { Gauge, type Registry } from 'prom-client';

export interface LeaderElectionMetrics {
  /** Whether this process leads is asked at each scrape. */
  readonly candidate: (name: string, leads: () => boolean) => void;
}

/** Who leads, by client-go's name. `name` is that of the Lease. */
export function createLeaderElectionMetrics(registry: Registry): LeaderElectionMetrics {
  const candidates = new Map<string, () => boolean>();
  const status = new Gauge({
    name: 'leader_election_master_status',
    help: '1 where this process leads, 0 where it stands by.',
    labelNames: ['name'],
    registers: [registry],
    collect: () => {
      for (const [name, leads] of candidates) status.set({ name }, leads() ? 1 : 0);
    },
  });
  return {
    candidate: (name, leads) => {
      candidates.set(name, leads);
    },
  };
}
