/** A program and the arguments that come before all others: `['/cache/control-plane', 'etcd']`. */
export type Command = readonly [program: string, ...leadingArguments: string[]];

/** The programs of one Kubernetes version. */
export interface Binaries {
  /** Kubernetes version, `v1.37.2`. */
  readonly version: string;
  /** Where they come from, for people. */
  readonly source: string;
  readonly etcd: Command;
  readonly apiServer: Command;
  /** Missing in envtest's folders: then nothing is garbage-collected and no namespace ends. */
  readonly controllerManager: Command | undefined;
  readonly kubectl: Command;
}

/** Told what happens while binaries are fetched or built, one line at a time. */
export type Progress = (line: string) => void;
