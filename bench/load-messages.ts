/** Where a client finds an API server, and as whom. */
export interface LoadTarget {
  readonly url: string;
  readonly authorityPem: string;
  readonly token: string;
}

/** An object to create. */
export interface LoadObject {
  /** Of the collection. */
  readonly path: string;
  readonly body: object;
}

/** Creates in one namespace, by so many clients, each of which sends its next when the last was answered. */
export interface LoadOrder {
  readonly target: LoadTarget;
  readonly namespace: string;
  readonly clients: number;
  readonly creates: number;
  /** Executions are named `<prefix>-<number>`. */
  readonly prefix: string;
  /** The creates go to these in turn. */
  readonly workflows: readonly string[];
  /** These are created instead, one for each create. */
  readonly objects?: readonly LoadObject[];
}

/** What came of it. */
export interface LoadOutcome {
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Of each create, in milliseconds, in the order of the answers. */
  readonly milliseconds: readonly number[];
  /** HTTP codes and how often they came. */
  readonly codes: Readonly<Record<string, number>>;
  /** The last answer that was no 201, to show what went wrong. */
  readonly refusal: string;
  /** CPU that the clients themselves took. */
  readonly cpuMilliseconds: number;
}
