/** What a command knows of the process that it runs in. */
export interface CommandHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name of this machine, which names the process where nothing else does. */
  readonly hostname: string;
  /** Where signals come from, and errors that nobody handles; what a command finds is written to its stdout. */
  readonly process: Pick<NodeJS.Process, 'on' | 'once' | 'off' | 'stdout'>;
  /** What plugins import as `stepgate` and `stepgate/testing`: URLs of modules. */
  readonly provide: Readonly<Record<string, string>>;
}

/** One command of `stepgate`. */
export interface Command {
  readonly name: string;
  /** For people; its first line is the command's shape. */
  readonly usage: string;
  /**
   * Runs until a signal ends it.
   * @throws UsageError for arguments that cannot be used, and whatever keeps it from going on
   */
  run(args: readonly string[], host: CommandHost): Promise<void>;
}
