import { ControlPlaneStartError } from './cluster-error.ts';

const attempts = 5;

/** Starts again, on other ports, when somebody took the port between finding and using it. */
export async function retryOnPortCollision<Result>(start: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      const collided =
        error instanceof ControlPlaneStartError && /address already in use/.test(error.message);
      if (!collided || attempt === attempts) throw error;
    }
  }
}
