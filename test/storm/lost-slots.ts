import type { UnjustifiedDenial } from './judge-denials.ts';
import { type CreateRecord, isDenied } from './records.ts';

/** A time in which a workflow had slots to give and gave none. Milliseconds since 1970. */
export interface LostSlot {
  readonly workflow: string;
  readonly from: number;
  readonly to: number;
  /** How many slots were missing when it began. */
  readonly slots: number;
  /** False when it lasted until the end of the run. */
  readonly over: boolean;
}

/**
 * A slot is lost from the beginning of a create that is denied though the workflow has fewer executions and
 * creates under way than its limit, until a create is admitted; or until a denial is right again, because the
 * limit was lowered meanwhile.
 */
export function lostSlots(
  records: readonly CreateRecord[],
  unjustified: readonly UnjustifiedDenial[],
): LostSlot[] {
  const unjustifiedOnes = new Map(unjustified.map((denial) => [denial.record, denial]));
  const open = new Map<string, Omit<LostSlot, 'to' | 'over'>>();
  const lost: LostSlot[] = [];
  const ordered = [...records].sort((left, right) => left.endedAt - right.endedAt);
  const end = ordered.at(-1)?.endedAt ?? 0;
  for (const record of ordered) {
    const { workflow, startedAt, endedAt, answer, operation } = record;
    const denial = unjustifiedOnes.get(record);
    const period = open.get(workflow);
    if (denial !== undefined) {
      if (period === undefined)
        open.set(workflow, { workflow, from: startedAt, slots: denial.limit - denial.held });
    } else if (period !== undefined && (isDenied(record) || (answer.ok && operation !== 'dryRun'))) {
      open.delete(workflow);
      lost.push({ ...period, to: isDenied(record) ? Math.max(period.from, startedAt) : endedAt, over: true });
    }
  }
  return [...lost, ...[...open.values()].map((period) => ({ ...period, to: end, over: false }))];
}

/** A slot that was taken by nobody, and how long. */
export interface PhantomSlot {
  readonly cause: string;
  /** From when it should have been free until the last denial that names its holder. */
  readonly milliseconds: number;
}

/** The slots for which denials without a reason name a holder, each once. */
export function phantomSlots(unjustified: readonly UnjustifiedDenial[]): PhantomSlot[] {
  const slots = new Map<string, PhantomSlot>();
  for (const { record, phantoms } of unjustified) {
    for (const { name, reserved, cause, since } of phantoms) {
      const key = `${record.workflow} ${name}`;
      const milliseconds = Math.max(slots.get(key)?.milliseconds ?? 0, Number.isFinite(since) ? since : 0);
      slots.set(key, { cause: `${reserved ? 'reserved' : 'active'}: ${cause}`, milliseconds });
    }
  }
  return [...slots.values()];
}
