import type { UserName } from '../cluster/users.ts';

/** A part of the demo's story, as data: what is said, what is typed and by whom, and what must come of it. */
export interface Act {
  readonly title: string;
  readonly scenes: readonly Scene[];
}

/** A few words, then the commands that they are about. */
export interface Scene {
  /** Printed before the commands, as comments in a shell would be. One line each, without the `#`. */
  readonly say: readonly string[];
  readonly commands: readonly DemoCommand[];
}

/** A command line of a shell, and what it must print. */
export interface DemoCommand {
  readonly as: UserName;
  /** As a person would type it in the folder of the repository. */
  readonly run: string;
  readonly succeeds: boolean;
  /** All of these must be in what it prints. */
  readonly prints: readonly (string | RegExp)[];
  /**
   * For what the cluster announces nowhere, such as a setting that is felt within seconds: the command is repeated
   * for so many seconds until it does what it should. Default: it has one try.
   */
  readonly withinSeconds?: number;
}
