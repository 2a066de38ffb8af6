/** What one storm is made of. */
export interface StormSettings {
  /** How long the clients work, without the pause of the API server and without the recovery. */
  readonly seconds: number;
  readonly clients: number;
  readonly workflows: number;
  /** Kills a replica with -9 every few seconds and starts it again. */
  readonly kills: boolean;
  /**
   * Some applies come as two of one fresh name at once. The loser becomes an update, the uid it was admitted with
   * never exists, and nobody can know that it never will: when the winner settles, the slot is back only after
   * the lifetime of a reservation.
   */
  readonly applyRaces: boolean;
  /** Seconds for which the API server is stopped (SIGSTOP) in the middle; 0 for not at all. */
  readonly pauseSeconds: number;
  /** Afterwards: how long it takes until every workflow has all of its slots again. */
  readonly recovery: boolean;
  readonly seed: number;
}

/**
 * The settings in an environment: SECONDS, CLIENTS, WORKFLOWS, KILLS, APPLY_RACES, PAUSE,
 * PAUSE_SECONDS, RECOVERY, STORM_SEED.
 * With PAUSE=1 nobody is killed unless told, so that what is seen comes from the pause; applies race by default
 * where replicas are killed, since slots are lost there anyway.
 * @throws RangeError for a value that is no number in its bounds
 */
export function settingsOf(environment: Readonly<Record<string, string | undefined>>): StormSettings {
  const number = (name: string, fallback: number, most: number): number => {
    const value = Number(environment[name] ?? fallback);
    if (Number.isInteger(value) && value >= 0 && value <= most) return value;
    throw new RangeError(`${name}: expected a whole number up to ${most}, got ${environment[name]}`);
  };
  const pause = number('PAUSE', 0, 1) === 1;
  const kills = number('KILLS', pause ? 0 : 1, 1) === 1;
  return {
    seconds: number('SECONDS', 60, 3_600),
    clients: number('CLIENTS', 32, 256),
    workflows: number('WORKFLOWS', 20, 1_000),
    kills,
    applyRaces: number('APPLY_RACES', kills ? 1 : 0, 1) === 1,
    pauseSeconds: pause ? number('PAUSE_SECONDS', 60, 600) : 0,
    recovery: number('RECOVERY', 1, 1) === 1,
    seed: number('STORM_SEED', 1, 2 ** 31),
  };
}
