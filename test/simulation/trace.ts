/** Told of every event of a run, so that a failing seed can be understood. */
export type Trace = (actor: string, what: string) => void;
