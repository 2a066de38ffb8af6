import type { Allow, Verdict } from './verdict.ts';

/** A verdict with the warnings and audit annotations of others before its own; its own annotations win. */
export function withRemarks<Kind extends Verdict>(verdict: Kind, others: readonly Allow[]): Kind {
  const remarks = others.filter(
    ({ warnings, auditAnnotations }) => warnings !== undefined || auditAnnotations !== undefined,
  );
  if (remarks.length === 0) return verdict;
  const all = [...remarks, verdict];
  const warnings = all.flatMap((each) => each.warnings ?? []);
  const annotations = all.flatMap((each) => Object.entries(each.auditAnnotations ?? {}));
  return {
    ...verdict,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(annotations.length === 0 ? {} : { auditAnnotations: Object.fromEntries(annotations) }),
  };
}
