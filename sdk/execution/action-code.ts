/** Whose code runs, where it is an action's. */
export interface ActionCode {
  readonly action: string;
  /** `namespace/name` */
  readonly execution: string;
}
