import type { Command } from './binaries.ts';

/** Where programs run: on this machine as it is, or in a network of their own. */
export interface Place {
  /** The command that runs the given one there, as the same process. */
  inside(command: Command): Command;
  /**
   * Makes a port of 127.0.0.1 in there the same port of this machine, for as long as the place exists. Rejects with
   * ControlPlaneStartError, `address already in use`, where this machine uses it.
   */
  open(port: number): Promise<void>;
}

/** As it is: nothing to enter, and every port is there already. */
export const thisMachine: Place = { inside: (command) => command, open: async () => {} };
