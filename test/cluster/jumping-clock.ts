/**
 * Loaded into a process before anything else (`node --import`): its time of day jumps every 300 ms, by up to two days in
 * either direction. Monotonic clocks and timers go on as they are.
 */
const days = 24 * 60 * 60 * 1_000;
const RealDate = Date;

function jumped(): number {
  const now = RealDate.now();
  const turn = Math.floor(now / 300);
  return now + ((turn * 7_919) % 5) * days - 2 * days;
}

globalThis.Date = class extends RealDate {
  constructor(...given: readonly unknown[]) {
    // A Date of something stays what it is.
    super(...((given.length === 0 ? [jumped()] : given) as [number]));
  }

  static override now(): number {
    return jumped();
  }
} as DateConstructor;
