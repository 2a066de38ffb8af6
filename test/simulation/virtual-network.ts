import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How bad the network is. Probabilities are per call, times are milliseconds. */
export interface NetworkFaults {
  readonly latency: readonly [number, number];
  /** The call never arrives. */
  readonly lost: number;
  /** The call is done, its answer is lost. */
  readonly answerLost: number;
  /** The caller gives up at once and the call is done seconds later. */
  readonly lingering: number;
}

/** A process that may die: what it has sent goes on without it. */
export interface Caller {
  readonly alive: boolean;
}

/** Calls to the API server with latency and faults. */
export interface VirtualNetwork {
  call<Answer>(caller: Caller, action: () => Answer): Promise<Answer>;
  /** The API server is started anew: what is on its way to it is lost. */
  reset(): void;
  /** Calls are refused, as after the start of an API server. */
  refuseUntil(time: number): void;
  faults: NetworkFaults;
}

/** A network over the virtual time. */
export function createVirtualNetwork(
  time: VirtualTime,
  random: Random,
  faults: NetworkFaults,
): VirtualNetwork {
  let epoch = 0;
  let refusedUntil = 0;
  const network: VirtualNetwork = {
    faults,
    reset: () => void (epoch += 1),
    refuseUntil: (until) => void (refusedUntil = until),
    call<Answer>(caller: Caller, action: () => Answer): Promise<Answer> {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      if (!caller.alive) return promise;
      const began = epoch;
      const { lost, answerLost, lingering } = network.faults;
      const delay = (): number => random.between(...network.faults.latency);
      const fail = (): void => {
        if (caller.alive) reject(new Error('connection reset'));
      };
      const arrive = (): void => {
        if (began !== epoch) return void time.setTimer(delay(), fail);
        if (time.now() < refusedUntil) return void time.setTimer(delay(), fail);
        let done: () => void;
        try {
          const answer = action();
          done = () => resolve(answer);
        } catch (error) {
          done = () => reject(error);
        }
        const finish = random.chance(answerLost) ? fail : done;
        time.setTimer(delay(), () => void (caller.alive && finish()));
      };
      if (random.chance(lost)) time.setTimer(delay() * 10, fail);
      else if (random.chance(lingering)) {
        time.setTimer(delay(), fail);
        time.setTimer(random.between(100, 4_000), arrive);
      } else time.setTimer(delay(), arrive);
      return promise;
    },
  };
  return network;
}
